import { readConfig } from './config.js';
import { lineLog } from './log.js';
import { startSchedulerNode, type SchedulerNode } from './scheduler-node.js';

/** How long a shutdown may take before the process ends regardless. */
const SHUTDOWN_MS = 10_000;

/**
 * Runs a node until it is told to end (SIGTERM, SIGINT; a second one ends it at once) or cannot go on. Answers the exit code: 0 after
 * a shutdown that was asked for, 1 otherwise. Rejects where the configuration cannot be used.
 */
export async function runNode(configFile: string): Promise<number> {
  const config = readConfig(configFile);
  const log = lineLog(config.node);
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  const running = await startSchedulerNode(config, {
    log,
    halted(reason) {
      log('error', 'halted', { reason });
      end(1);
    },
  });
  log('info', 'started', {
    incarnation: running.node.incarnation,
    listen: `${config.listen.host}:${running.node.port}`,
    coordinator: config.coordinator,
  });
  const stopOn = (signal: NodeJS.Signals): void => {
    log('info', 'stopping', { signal });
    process.once(signal, () => process.exit(130));
    end(0);
  };
  process.once('SIGTERM', stopOn);
  process.once('SIGINT', stopOn);
  const code = await ended;
  await stopWithin(running, SHUTDOWN_MS);
  log('info', 'stopped');
  return code;
}

async function stopWithin(running: SchedulerNode, limitMs: number): Promise<void> {
  const limit = setTimeout(() => process.exit(1), limitMs);
  await running.stop();
  clearTimeout(limit);
}
