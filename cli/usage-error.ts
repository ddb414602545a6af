/** The user's mistake: the message names the place and the remedy; the command ends with code 2 and without a stack trace. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
