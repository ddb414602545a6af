import { actor, type ActorSpec } from '../../../runtime/actor.js';
import { observe } from '../observations.js';
import { announceSelf, onSuspicionDue } from './hearing.js';
import { beginPeriods, onLeave, onLeftTold, onRejoin } from './leaving.js';
import { membershipMessages, type MembershipMessage } from './messages.js';
import { onAck, onNack, onNackDue, onPing, onPingReq, onProbeDue, onProbeTimedOut } from './probing.js';
import { MEMBERSHIP_ACTOR } from './speaking.js';
import { onCorrection, onGossipDue, onRumours, onSync, onSyncDue } from './spreading.js';
import { newMembership, viewOf, type MembershipContext, type MembershipParams, type MembershipState } from './state.js';
import { firstIncarnationOf } from './table.js';
import { onTombstonesDue } from './tombstones.js';

/** Subscribers beyond this are ignored; they are actors of the own node, a handful. */
const SUBSCRIBERS_MAX = 64;

type Handler<M extends MembershipMessage> = (context: MembershipContext, state: MembershipState, message: M) => void;

/** Subscribers learn of everything that a turn changed at once, when it ends. */
function fromMember<M extends MembershipMessage>(handle: Handler<M>): Handler<M> {
  return (context, state, message) => {
    handle(context, state, message);
    if (!state.viewChanged) return;
    state.viewChanged = false;
    if (state.subscribers.length === 0) return;
    const view = viewOf(state);
    for (const subscriber of state.subscribers) context.send(subscriber, view);
  };
}

/** Timers are the actor's own; whoever else sends such a message is not heard. */
function fromSelf<M extends MembershipMessage>(handle: Handler<M>): Handler<M> {
  const handler = fromMember(handle);
  return (context, state, message) => {
    if (context.sender === context.self) handler(context, state, message);
  };
}

/**
 * A member of a group after SWIM (Das, Gupta, Motivala: SWIM: Scalable Weakly-consistent Infection-style Process Group Membership Protocol,
 * DSN 2002): probing (section 3.1), dissemination by piggyback (4.1), suspicion (4.2), round-robin probing (4.3); with local health, suspicions that
 * shorten with confirmations and the buddy system of Lifeguard (DSN 2018). Nothing is stored: the incarnation of the node makes each life override the one before.
 */
export const membershipActor = actor(membershipMessages, {
  init: (params: MembershipParams): MembershipState => newMembership(params),
  start(context, state) {
    state.incarnation = firstIncarnationOf(context.incarnation);
    // An ack to an earlier life must not answer a probe of this one.
    state.sequence = state.incarnation;
    observe(context, { type: 'member-started', incarnation: state.incarnation });
    announceSelf(context, state);
    beginPeriods(context, state);
  },
  on: {
    ping: fromMember(onPing),
    'ping-req': fromMember(onPingReq),
    ack: fromMember(onAck),
    nack: fromMember(onNack),
    rumours: fromMember(onRumours),
    correction: fromMember(onCorrection),
    sync: fromMember(onSync),
    leave: fromMember(onLeave),
    rejoin: fromMember(onRejoin),
    subscribe(context, state) {
      if (!state.subscribers.includes(context.sender)) {
        if (state.subscribers.length >= SUBSCRIBERS_MAX) return;
        state.subscribers.push(context.sender);
      }
      context.send(context.sender, viewOf(state));
    },
    'probe-due': fromSelf(onProbeDue),
    'probe-timed-out': fromSelf(onProbeTimedOut),
    'nack-due': fromSelf(onNackDue),
    'suspicion-due': fromSelf(onSuspicionDue),
    'gossip-due': fromSelf(onGossipDue),
    'sync-due': fromSelf(onSyncDue),
    'tombstones-due': fromSelf(onTombstonesDue),
    'left-told': fromSelf(onLeftTold),
  },
});

/** The membership actor of a node, by its parameters. */
export function membershipSpec(params: MembershipParams): ActorSpec {
  return { name: MEMBERSHIP_ACTOR, definition: membershipActor, params };
}
