import { takeChange, takeInForce } from './membership.js';
import { noteChange, takeFirstStart, takeReady, takeRestart } from './durability.js';
import {
  takeBecomeCandidate,
  takeBecomeFollower,
  takeBecomeLeader,
  takeReceiveRequestVote,
  takeReceiveVote,
  takeSendRequestVote,
} from './elections.js';
import type { TraceEvent, TraceMessage } from './event.js';
import { initialModel, keptOf, type ModelNode, type ModelState } from './model-state.js';
import { demand, Refusal } from './refusal.js';
import {
  takeCommit,
  takeReceiveAppend,
  takeReceiveAppended,
  takeReplicate,
  takeSendAnswer,
  takeSendAppend,
} from './replication.js';

type OfNode = (model: ModelState, node: ModelNode, event: TraceEvent) => void;
type OfMessage = (model: ModelState, node: ModelNode, event: TraceEvent, message: TraceMessage) => void;

const STEPS: Readonly<Record<string, OfNode>> = Object.freeze({
  BecomeFollower: takeBecomeFollower,
  BecomeCandidate: takeBecomeCandidate,
  BecomeLeader: takeBecomeLeader,
  Replicate: takeReplicate,
  Commit: takeCommit,
  ChangeConf: takeChange,
  ApplyConfChange: takeInForce,
  Ready: (_model: ModelState, node: ModelNode, event: TraceEvent) => takeReady(node, event),
});

const MESSAGES: Readonly<Record<string, OfMessage>> = Object.freeze({
  SendRequestVoteRequest: takeSendRequestVote,
  ReceiveRequestVoteRequest: takeReceiveRequestVote,
  SendRequestVoteResponse: takeSendAnswer,
  ReceiveRequestVoteResponse: takeReceiveVote,
  SendAppendEntriesRequest: takeSendAppend,
  ReceiveAppendEntriesRequest: takeReceiveAppend,
  SendAppendEntriesResponse: takeSendAnswer,
  ReceiveAppendEntriesResponse: takeReceiveAppended,
});

/**
 * Raft as an executable model: Figure 2 of the paper, with what a crash leaves, and the properties of Figure 3. It takes the event
 * stream of a run, one event at a time, and refuses the first that cannot follow. Terms, votes, logs (by the terms of their entries),
 * commit indexes, configurations and messages are its own: an event must show what the model has come to.
 */
export class RaftModel {
  private readonly model = initialModel();
  private taken = 0;

  /** Why the event cannot follow from those before it: the event's number, the member, and the rule; undefined where it can. */
  accept(event: TraceEvent): string | undefined {
    this.taken++;
    try {
      this.take(event);
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return `event ${this.taken}, ${event.name} at ${event.nid}: ${error.message}`;
    }
  }

  private take(event: TraceEvent): void {
    const { model } = this;
    const node = model.nodes.get(event.nid);
    if (event.name === 'InitState') {
      if (node === undefined) takeFirstStart(model, event);
      else takeRestart(model, node, event);
      return;
    }
    demand(node !== undefined, () => 'this member has not started');
    const before = keptOf(node);
    const step = STEPS[event.name];
    if (step !== undefined) step(model, node, event);
    else {
      const ofMessage = MESSAGES[event.name];
      const { msg } = event;
      demand(ofMessage !== undefined, () => 'the model knows no such event');
      demand(msg !== undefined, () => 'it comes without its message');
      ofMessage(model, node, event, msg);
    }
    if (!event.name.startsWith('Receive')) node.steppedDown = undefined;
    noteChange(model, node, before);
  }
}
