// Errors that say what is wrong with what was given. They are known by name, since they come from many layers, and no command
// should load them all to be able to tell.
const NAMES: ReadonlySet<string> = new Set([
  'UsageError',
  'BadInputError',
  'InvalidRun',
  'InvalidPlan',
  'ModuleNotUsable',
  'DirectoryInUseError',
  'NodeSetupError',
  'FileFaultsError',
  'ControlError',
  'JournalError',
]);

/** Whether the message is for the user and the stack for nobody. */
export function isUserMistake(error: unknown): error is Error {
  return error instanceof Error && (NAMES.has(error.name) || isUnwritable(error));
}

/** A file that was asked for cannot be written: the message of Node names it. */
function isUnwritable(error: Error): boolean {
  const { code, path } = error as NodeJS.ErrnoException;
  return typeof path === 'string' && ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EROFS', 'EEXIST'].includes(code ?? '');
}
