export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a node tells people what it does: lines on standard error. */
export interface Log {
  (level: LogLevel, message: string, fields?: LogFields): void;
}

/** One line each: plain words on a terminal, JSON otherwise. */
export function lineLog(node: string, stream: NodeJS.WriteStream = process.stderr): Log {
  return (level, message, fields = {}) => {
    const time = new Date().toISOString();
    const line = stream.isTTY
      ? plain(time, level, node, message, fields)
      : JSON.stringify({ time, level, node, message, ...fields });
    stream.write(`${line}\n`);
  };
}

function plain(time: string, level: LogLevel, node: string, message: string, fields: LogFields): string {
  const details = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [time.slice(11, 23), level.padEnd(5), node, message, ...details].join(' ');
}
