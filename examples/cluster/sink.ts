/**
 * The outside world of the example: an HTTP server that takes effects. It lets each execution have one, refuses overtaken
 * attempts by their fencing token, and answers when that is durable.
 *
 *   node dist/examples/cluster/sink.js DATA_DIRECTORY [PORT]
 *
 * POST /effects  { executionId, attempt, fencingToken, taskId }  answers  { verdict: applied|duplicate|stale, position }
 * (409 for stale). The header `orrery-clock` carries the Lamport clock of whoever asks, so that causes stand before effects.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { startNode, type RunningNode } from '../../runtime/node/index.js';
import { sink, SINK_ACTOR, type SinkAnswer } from '../../scheduler/index.js';

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 16 * 1024;
const ANSWER_TIMEOUT_MS = 10_000;

const effectSchema = z.strictObject({
  executionId: z.string().min(1).max(300),
  attempt: z.int().min(1),
  fencingToken: z.int().min(0),
  taskId: z.string().min(1).max(64),
});

class BadRequest extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new BadRequest(413, `at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseEffect(body: string): z.infer<typeof effectSchema> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new BadRequest(400, 'the body is not JSON');
  }
  const parsed = effectSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadRequest(400, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not an effect'}`);
}

/** Asks the sink's actor. It answers once the effect is in its log. */
async function judge(node: RunningNode, effect: z.infer<typeof effectSchema>, clock: number): Promise<SinkAnswer> {
  return new Promise((resolve, reject) => {
    const client = node.connect((_, message) => settle(() => resolve(message as SinkAnswer)));
    const timeout = setTimeout(() => settle(() => reject(new BadRequest(503, 'no answer in time'))), ANSWER_TIMEOUT_MS);
    const settle = (end: () => void): void => {
      clearTimeout(timeout);
      client.close();
      end();
    };
    client.ask(SINK_ACTOR, { type: 'effect', ...effect }, clock);
  });
}

async function answer(node: RunningNode, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (request.method !== 'POST' || request.url !== '/effects')
      throw new BadRequest(404, 'POST /effects is all there is');
    const effect = parseEffect(await readBody(request));
    const clock = Number(request.headers['orrery-clock'] ?? 0);
    const { verdict, position } = await judge(node, effect, Number.isSafeInteger(clock) && clock > 0 ? clock : 0);
    write(response, verdict === 'stale' ? 409 : 200, { verdict, position });
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    write(response, error.status, { error: error.message });
  }
}

function write(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function main([dataDirectory, port = '7100']: readonly string[]): Promise<void> {
  if (dataDirectory === undefined) {
    console.error('usage: sink.js DATA_DIRECTORY [PORT]');
    process.exitCode = 2;
    return;
  }
  const node = await startNode({
    node: 'sink',
    cluster: 'sink',
    actors: [{ name: SINK_ACTOR, definition: sink, params: null }],
    listen: { host: HOST, port: 0 },
    peers: {},
    dataDirectory,
    halted(reason) {
      console.error(reason);
      process.exit(1);
    },
  });
  const server = createServer((request, response) => void answer(node, request, response));
  server.listen(Number(port), HOST, () => console.log(`sink http://${HOST}:${(server.address() as AddressInfo).port}`));
  const stop = (): void => {
    server.closeAllConnections();
    server.close(() => void node.stop().then(() => process.exit(0)));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

await main(process.argv.slice(2));
