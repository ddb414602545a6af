import { nodeOf, type AnyAddress, type NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import { hashText } from '../fate.js';
import { SOURCE_LIMIT } from './event-queue.js';

export interface MessageType {
  /** Small and dense; the order of first appearance in this thread, so it must not enter what is compared. */
  readonly id: number;
  readonly hash: number;
}

const ADDRESSES_MAX = 65_536;

/** Nodes and message types as small integers, looked up once per text. */
export class NameTable {
  /** Signed 32-bit hashes of the node names, by index. */
  readonly nodeHashes: Int32Array;
  private readonly indexes = new Map<NodeId, number>();
  private addresses = new Map<AnyAddress, number>();
  private readonly types = new Map<string, MessageType>();

  constructor(readonly nodes: readonly NodeId[]) {
    assert(nodes.length < SOURCE_LIMIT, `a world has at most ${SOURCE_LIMIT - 1} nodes`);
    this.nodeHashes = Int32Array.from(nodes, hashText);
    nodes.forEach((node, index) => this.indexes.set(node, index));
  }

  /** The index of a node, or -1. */
  nodeIndex(node: NodeId): number {
    return this.indexes.get(node) ?? -1;
  }

  /** The index of the node of an address, or -1 where the world has no such node. */
  indexOfAddress(address: AnyAddress): number {
    const known = this.addresses.get(address);
    if (known !== undefined) return known;
    const index = this.nodeIndex(nodeOf(address));
    // Names of short-lived actors must not fill the table for ever.
    if (this.addresses.size >= ADDRESSES_MAX) this.addresses = new Map();
    this.addresses.set(address, index);
    return index;
  }

  typeOf(name: string): MessageType {
    const known = this.types.get(name);
    if (known !== undefined) return known;
    const type = { id: this.types.size, hash: hashText(name) };
    this.types.set(name, type);
    return type;
  }
}
