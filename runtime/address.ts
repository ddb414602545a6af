import type { Message } from './data.js';

/** The name of a node: letters, digits, `-`, `_` and `.`; unique in its cluster. */
export type NodeId = string;

declare const understands: unique symbol;

/**
 * Where an actor lives: `node/actor`, a child being `node/actor/child`. The same string works inside a node, between
 * threads and over TCP. M is what the actor there understands, so that a wrong message is a compile error.
 */
export type Address<M extends Message = never> = string & { readonly [understands]?: (message: M) => void };

/** Any address, typed or not. */
export type AnyAddress = string;

/** An address that carries no knowledge of its owner, so that any message may be sent there. A typed one is refused. */
export type UntypedAddress = string & { readonly [understands]?: never };

export function addressOf(node: NodeId, actorPath: string): UntypedAddress;
export function addressOf<M extends Message>(node: NodeId, actorPath: string): Address<M>;
export function addressOf(node: NodeId, actorPath: string): string {
  return `${node}/${actorPath}`;
}

export function nodeOf(address: AnyAddress): NodeId {
  const slash = address.indexOf('/');
  return slash < 0 ? address : address.slice(0, slash);
}

/** The name under which what speaks with actors from within the process of a node, such as its control socket, is known to them. */
export function localEdgeOf(node: NodeId): NodeId {
  return `${node}.local`;
}

/** Whether the address is of an actor of the node, or of the edge of its own process. */
export function isWithin(node: NodeId, address: AnyAddress): boolean {
  const from = nodeOf(address);
  return from === node || from === localEdgeOf(node);
}

/** The path of the actor within its node. */
export function actorPathOf(address: AnyAddress): string {
  return address.slice(address.indexOf('/') + 1);
}

const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isNodeId(text: string): boolean {
  return NODE_ID.test(text);
}
