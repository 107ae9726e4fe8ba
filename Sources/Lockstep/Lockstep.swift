/// The whole of Lockstep in one import.
@_exported import LockstepCore
@_exported import LockstepModels
@_exported import LockstepNoise
@_exported import LockstepParameters
@_exported import LockstepReports
@_exported import LockstepRuns
@_exported import LockstepSimulator
@_exported import LockstepStudies
@_exported import LockstepTelemetry
@_exported import LockstepThreads
@_exported import LockstepTopology
