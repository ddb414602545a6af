import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

type Fields = Readonly<Record<string, unknown>>;

/** Speaks with the inspector of another process: as much of WebSocket as that takes. */
export class InspectorClient {
  private readonly waiting = new Map<string, (fields: Fields) => void>();
  private readonly early = new Map<string, Fields>();
  private received: Buffer = Buffer.alloc(0);
  private requests = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.take(chunk));
  }

  static connect(url: string): Promise<InspectorClient> {
    const key = randomBytes(16).toString('base64');
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Version': 13,
    };
    const accepted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    return new Promise((resolve, reject) => {
      const asked = request(url.replace(/^ws:/, 'http:'), { headers });
      asked.on('upgrade', (response, socket) => {
        if (response.headers['sec-websocket-accept'] !== accepted) reject(new Error('not a WebSocket'));
        else resolve(new InspectorClient(socket as Socket));
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  send(method: string, params: Fields = {}): void {
    const payload = Buffer.from(JSON.stringify({ id: ++this.requests, method, params }));
    const mask = randomBytes(4);
    const size =
      payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
    const masked = payload.map((byte, index) => byte ^ mask[index % 4]!);
    this.socket.write(Buffer.concat([Buffer.from([0x81, ...size]), mask, masked]));
  }

  /** The next event of a name, or for `result` the next answer that holds one. */
  next(name: string): Promise<Fields> {
    const fields = this.early.get(name);
    this.early.delete(name);
    return fields === undefined ? new Promise((resolve) => this.waiting.set(name, resolve)) : Promise.resolve(fields);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    for (;;) {
      const short = (this.received[1] ?? 0) & 127;
      const head = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (this.received.length < head) return;
      const length =
        short === 127
          ? Number(this.received.readBigUInt64BE(2))
          : short === 126
            ? this.received.readUInt16BE(2)
            : short;
      if (this.received.length < head + length) return;
      const text = this.received.subarray(head, head + length).toString();
      this.received = this.received.subarray(head + length);
      if (text.startsWith('{')) this.tell(JSON.parse(text) as Fields);
    }
  }

  private tell(message: Fields): void {
    const { method, params, result } = message as { method?: string; params?: Fields; result?: Fields };
    if (method === undefined && (result === undefined || !('result' in result))) return;
    const [name, fields] = method === undefined ? ['result', result ?? {}] : [method, params ?? {}];
    const waiting = this.waiting.get(name);
    this.waiting.delete(name);
    if (waiting === undefined) this.early.set(name, fields);
    else waiting(fields);
  }
}
