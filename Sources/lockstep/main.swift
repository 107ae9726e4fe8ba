import LockstepCommands

LockstepCommand.runAndExit()
