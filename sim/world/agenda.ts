/**
 * Which node of a group has something to do in which window: a binary heap of (window, node). A node may stand in it several
 * times; whoever takes an entry out compares it with what the node is waiting for, so that stale entries cost one comparison.
 */
export class Agenda {
  private keys: number[] = [];

  constructor(private readonly nodeCount: number) {}

  /** The first window in which some node has something to do, or Infinity. */
  get nextWindow(): number {
    const first = this.keys[0];
    return first === undefined ? Infinity : Math.floor(first / this.nodeCount);
  }

  add(window: number, node: number): void {
    const { keys } = this;
    const key = window * this.nodeCount + node;
    let at = keys.push(key) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentKey = keys[parent]!;
      if (parentKey <= key) break;
      keys[at] = parentKey;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the first entry out and returns its node. */
  take(): number {
    const { keys } = this;
    const first = keys[0]!;
    const last = keys.pop()!;
    const size = keys.length;
    if (size > 0) {
      let at = 0;
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
        if (last <= keys[child]!) break;
        keys[at] = keys[child]!;
        at = child;
      }
      keys[at] = last;
    }
    return first % this.nodeCount;
  }
}
