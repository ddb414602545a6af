/**
 * Judges bytes before they are decoded: exactly one value, whole, no deeper than allowed, with string keys and no extension
 * types. Declared sizes must fit into the bytes that are there, so that a short frame cannot ask for a large array.
 * Answers with the first fault, or undefined.
 */
export function findMalformedMsgpack(bytes: Uint8Array, maxDepth = 64): string | undefined {
  const scan = new Scan(bytes);
  const fault = scan.value(maxDepth);
  if (fault !== undefined) return `byte ${scan.at}: ${fault}`;
  return scan.at === bytes.length ? undefined : `byte ${scan.at}: more than one value`;
}

class Scan {
  at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depthLeft: number): string | undefined {
    if (this.at >= this.bytes.length) return 'ends too early';
    const head = this.bytes[this.at++] as number;
    if (head <= 0x7f || head >= 0xe0) return undefined;
    if (head <= 0x8f) return this.#map(head & 0x0f, depthLeft);
    if (head <= 0x9f) return this.#array(head & 0x0f, depthLeft);
    if (head <= 0xbf) return this.#skip(head & 0x1f);
    return this.#longer(head, depthLeft);
  }

  #longer(head: number, depthLeft: number): string | undefined {
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return undefined;
      case 0xc4:
      case 0xd9:
        return this.#sized(1, (size) => this.#skip(size));
      case 0xc5:
      case 0xda:
        return this.#sized(2, (size) => this.#skip(size));
      case 0xc6:
      case 0xdb:
        return this.#sized(4, (size) => this.#skip(size));
      case 0xca:
      case 0xcb:
        return this.#skip(head === 0xca ? 4 : 8);
      case 0xdc:
      case 0xdd:
        return this.#sized(head === 0xdc ? 2 : 4, (size) => this.#array(size, depthLeft));
      case 0xde:
      case 0xdf:
        return this.#sized(head === 0xde ? 2 : 4, (size) => this.#map(size, depthLeft));
      default:
        // cc..cf unsigned and d0..d3 signed, of 1, 2, 4, 8 bytes each.
        return head >= 0xcc && head <= 0xd3 ? this.#skip(1 << ((head - 0xcc) & 3)) : 'not a type of plain data';
    }
  }

  #sized(width: 1 | 2 | 4, then: (size: number) => string | undefined): string | undefined {
    if (this.at + width > this.bytes.length) return 'ends too early';
    const at = this.at;
    this.at += width;
    return then(
      width === 1 ? this.#view.getUint8(at) : width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at),
    );
  }

  #skip(size: number): string | undefined {
    if (this.at + size > this.bytes.length) return 'ends too early';
    this.at += size;
    return undefined;
  }

  #array(size: number, depthLeft: number): string | undefined {
    if (depthLeft === 0) return 'nested too deeply';
    if (this.at + size > this.bytes.length) return 'ends too early';
    for (let i = 0; i < size; i++) {
      const fault = this.value(depthLeft - 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #map(size: number, depthLeft: number): string | undefined {
    if (depthLeft === 0) return 'nested too deeply';
    if (this.at + 2 * size > this.bytes.length) return 'ends too early';
    for (let i = 0; i < size; i++) {
      const fault = this.#key() ?? this.value(depthLeft - 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #key(): string | undefined {
    const head = this.bytes[this.at] ?? 0;
    const isString = (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb);
    return isString ? this.value(0) : 'a key is not a string';
  }
}
