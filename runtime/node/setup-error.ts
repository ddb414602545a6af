/** A node cannot be started as it was asked for. The message names the place and the remedy; nothing has been changed. */
export class NodeSetupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NodeSetupError';
  }
}
