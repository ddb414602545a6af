/** A history that cannot be read. The message names file and line, and what is expected there. */
export class HistoryError extends Error {
  constructor(file: string, line: number, message: string) {
    super(line > 0 ? `${file}:${line}: ${message}` : `${file}: ${message}`);
    this.name = 'HistoryError';
  }
}
