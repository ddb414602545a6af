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
  'HistoryError',
]);

/** Whether the message is for the user and the stack for nobody. */
export function isUserMistake(error: unknown): error is Error {
  return error instanceof Error && (NAMES.has(error.name) || isUnwritable(error));
}

/** What hinders the writing of what was asked for, by the code that the system gives. */
const HINDRANCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder; make it first, or name another place',
  EACCES: 'this must not be read or written; change its permissions, or name another place',
  EISDIR: 'this is a folder; name a file',
  ENOTDIR: 'a part of this path is a file, not a folder; name another place',
  EROFS: 'this cannot be written to; name another place',
  EEXIST: 'there is a file of this name already, and a folder is needed; name another place',
};

/** The user's mistake in a sentence that names the place. */
export function mistakeMessage(error: Error): string {
  const { code, path } = error as NodeJS.ErrnoException;
  const hindrance = HINDRANCES[code ?? ''];
  return NAMES.has(error.name) || hindrance === undefined || path === undefined
    ? error.message
    : `${path}: ${hindrance}`;
}

function isUnwritable(error: Error): boolean {
  const { code, path } = error as NodeJS.ErrnoException;
  return typeof path === 'string' && HINDRANCES[code ?? ''] !== undefined;
}
