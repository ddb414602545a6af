import { messages, t, type Infer, type MessageOf } from '../../../runtime/schema.js';

/** What is said about a member. `accuser` is who found it not answering; '' for alive, the member itself for left. */
export const rumourType = t.object({
  member: t.string,
  incarnation: t.int,
  status: t.oneOf('alive', 'suspect', 'dead', 'left'),
  accuser: t.string,
});
export type Rumour = Infer<typeof rumourType>;

/**
 * Between members (SWIM sections 3.1 and 4.1): every message tells the incarnation of its sender, so that any contact is evidence of life, and
 * carries rumours. Local, from actors of the same node: `subscribe` asks for a `view` now and at every change; `leave` takes the member out of the group,
 * answered by `has-left` when the others have been told, and `rejoin` brings it back in. The rest are the actor's own timers.
 */
export const membershipMessages = messages('gossip-membership', {
  ping: { sequence: t.int, incarnation: t.int, rumours: t.array(rumourType) },
  /** Pings `target` on behalf of the sender, who gets the ack; or a nack where none has come when most of `timeoutMs` is over. */
  'ping-req': { sequence: t.int, target: t.string, timeoutMs: t.int, incarnation: t.int, rumours: t.array(rumourType) },
  /** `of` answered the ping of this sequence: the sender itself, or the target of a ping-req. */
  ack: { sequence: t.int, of: t.string, incarnation: t.int, rumours: t.array(rumourType) },
  /** `of` has not answered whom the receiver asked to ping; so the receiver's own link and pace are well (Lifeguard section IV-A). */
  nack: { sequence: t.int, of: t.string, incarnation: t.int, rumours: t.array(rumourType) },
  rumours: { incarnation: t.int, rumours: t.array(rumourType) },
  /** What overrides something that the receiver said. Answered only by a refutation, so that no two members go on correcting each other. */
  correction: { incarnation: t.int, rumours: t.array(rumourType) },
  /** Push/pull: part of the sender's table; answered by `rumours` with what is newer or missing there. */
  sync: { incarnation: t.int, rumours: t.array(rumourType) },
  subscribe: {},
  leave: {},
  rejoin: {},
  'probe-due': {},
  'probe-timed-out': { sequence: t.int },
  'nack-due': { sequence: t.int },
  'suspicion-due': { member: t.string, incarnation: t.int },
  'gossip-due': {},
  'sync-due': {},
  'tombstones-due': {},
  'left-told': {},
});
export type MembershipMessage = MessageOf<typeof membershipMessages>;

/** The group has been told that this member has left; the node can be stopped. */
export const leaveAnswers = messages('gossip-leave', { 'has-left': { incarnation: t.int } });
export type LeaveAnswer = MessageOf<typeof leaveAnswers>;

/** Who is there, in the view of one member, itself included; ordered by name. */
export const viewMessages = messages('gossip-view', {
  view: {
    members: t.array(
      t.object({ node: t.string, status: t.oneOf('alive', 'suspect', 'dead', 'left'), incarnation: t.int }),
    ),
  },
});
export type View = MessageOf<typeof viewMessages>;
