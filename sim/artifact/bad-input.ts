/** What came from outside cannot be used. The message names the place and the remedy; there is nothing to debug in a stack. */
export class BadInputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadInputError';
  }
}
