@testable import LockstepSimulator
