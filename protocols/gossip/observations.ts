import type { NodeId } from '../../runtime/address.js';
import type { Context } from '../../runtime/context.js';
import type { Rumour } from './membership/messages.js';

/** What a view says of a member from now on. `accuser` is who found it not answering; '' for alive, itself for left. */
export type StandingObservation = {
  readonly type: 'member-alive' | 'member-suspect' | 'member-dead' | 'member-left';
  readonly member: NodeId;
  readonly incarnation: number;
  readonly accuser: string;
};

export type MembershipObservation =
  | StandingObservation
  /** This member begins a life with this incarnation. */
  | { readonly type: 'member-started'; readonly incarnation: number }
  /** This member heard what is not true of it and overrides it with `incarnation`. */
  | {
      readonly type: 'refuted';
      readonly incarnation: number;
      readonly accused: number;
      readonly status: string;
      readonly accuser: string;
    }
  /** A suspicion began or was confirmed: it ends `remainingMs` from now, `timeoutMs` after it began. */
  | {
      readonly type: 'suspicion-timed';
      readonly member: NodeId;
      readonly incarnation: number;
      readonly confirmations: number;
      readonly timeoutMs: number;
      readonly remainingMs: number;
    }
  | { readonly type: 'probe-failed'; readonly member: NodeId; readonly incarnation: number }
  /** This member found itself slower or quicker than before; from now on it waits `score + 1` times as long as it would. */
  | { readonly type: 'health-changed'; readonly score: number }
  /** The member answered another member, not this one. */
  | { readonly type: 'probe-relayed'; readonly member: NodeId }
  /** Whoever died or left is remembered no longer, `heldMs` after this member learned of it. */
  | {
      readonly type: 'member-forgotten';
      readonly member: NodeId;
      readonly incarnation: number;
      readonly heldMs: number;
      readonly tombstoneMs: number;
    }
  /** This member left the group in this incarnation, or came back to it. */
  | { readonly type: 'group-left' | 'group-rejoined'; readonly incarnation: number }
  | { readonly type: 'member-refused'; readonly member: NodeId; readonly membersMax: number };

type VersionFields = {
  readonly key: string;
  readonly counter: number;
  readonly writer: NodeId;
  readonly deleted: boolean;
};

export type RegisterObservation =
  | ({
      readonly type: 'register-written';
      readonly revision: number;
      /** The version that it was written over; 0 and '' where there was none. */
      readonly overCounter: number;
      readonly overWriter: string;
    } & VersionFields)
  | ({
      readonly type: 'register-merged';
      /** 0 and '' where there was none. */
      readonly replacedCounter: number;
      readonly replacedWriter: string;
      readonly revision: number;
    } & VersionFields)
  /** Found on the disk at a start: a crash may have come between the write and its observation. */
  | ({ readonly type: 'register-recovered'; readonly revision: number } & VersionFields)
  /** The `count`th write of this node to a register that keeps siblings, by an author who had seen `seen`. */
  | {
      readonly type: 'siblings-written';
      readonly key: string;
      readonly count: number;
      readonly deleted: boolean;
      readonly seen: readonly { readonly node: NodeId; readonly count: number }[];
      readonly siblings: number;
    }
  /** Another replica's writes were taken in; now so many stand beside each other. */
  | { readonly type: 'siblings-merged'; readonly key: string; readonly siblings: number }
  /** A deleted register is remembered no longer, `heldMs` after it was deleted at the latest. */
  | {
      readonly type: 'register-collected';
      readonly key: string;
      readonly counter: number;
      readonly writer: NodeId;
      readonly heldMs: number;
      readonly tombstoneMs: number;
    }
  /** Two members wrote without having seen the other's; the version of `kept` stays everywhere. */
  | {
      readonly type: 'conflict-resolved';
      readonly key: string;
      readonly counter: number;
      readonly kept: NodeId;
      readonly dropped: NodeId;
    }
  /** A write expected another version than the replica holds. */
  | { readonly type: 'write-refused'; readonly key: string; readonly counter: number; readonly expected: number }
  | { readonly type: 'register-refused'; readonly key: string; readonly reason: string };

export type CoordinationObservation =
  | {
      readonly type: 'lease-granted' | 'lease-expired' | 'lease-revoked';
      readonly leaseId: string;
      readonly owner: NodeId;
    }
  | {
      readonly type: 'elected' | 'deposed';
      readonly election: string;
      readonly token: number;
      readonly candidate: string;
    };

/** What gossip lets others see. */
export type GossipObservation = MembershipObservation | RegisterObservation | CoordinationObservation;

/** Observes, once what it rests on is durable. */
export function observe(context: Pick<Context, 'observe'>, observation: GossipObservation): void {
  context.observe(observation);
}

export function observeStanding(
  context: Pick<Context, 'observe'>,
  { member, incarnation, status, accuser }: Rumour,
): void {
  observe(context, { type: `member-${status}`, member, incarnation, accuser });
}
