/** `ended`: a pause that was over when the life of its node was, or found no life, whatever its fault had planned. */
type Hold = 'down' | 'paused' | 'ended';

/** Which faults hold which nodes down or paused: by node and name of the fault, in which each has one hold of a node at most. */
export class NodeHolds {
  private readonly holds: readonly Map<string, Hold>[];

  constructor(nodes: number) {
    this.holds = Array.from({ length: nodes }, () => new Map());
  }

  add(node: number, by: string, hold: 'down' | 'paused'): void {
    this.holds[node]!.set(by, hold);
  }

  /** The fault would have paused the node, which was down: its next life will run. */
  addEnded(node: number, by: string): void {
    this.holds[node]!.set(by, 'ended');
  }

  /** Answers whether the fault had that hold of the node. */
  remove(node: number, by: string, hold: 'down' | 'paused'): boolean {
    const ofNode = this.holds[node]!;
    return ofNode.get(by) === hold && ofNode.delete(by);
  }

  /** How many faults hold the node so. */
  count(node: number, hold: 'down' | 'paused'): number {
    let count = 0;
    for (const held of this.holds[node]!.values()) if (held === hold) count++;
    return count;
  }

  lifeBegan(node: number): void {
    const ofNode = this.holds[node]!;
    for (const [by, hold] of ofNode) if (hold === 'down') ofNode.delete(by);
  }

  lifeEnded(node: number): void {
    const ofNode = this.holds[node]!;
    for (const [by, hold] of ofNode) if (hold === 'paused') ofNode.set(by, 'ended');
  }

  /** Whether the fault paused the node or was to, and it is free of that by the end of a life. */
  hasEnded(node: number, by: string): boolean {
    return this.holds[node]!.get(by) === 'ended';
  }
}
