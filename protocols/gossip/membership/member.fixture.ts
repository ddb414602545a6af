import { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
import type { Observation } from '../../../runtime/observation.js';
import { gossipOptions, type GossipOptions } from '../options.js';
import { membershipSpec } from './actor.js';
import type { MembershipMessage, Rumour } from './messages.js';
import type { MembershipState } from './state.js';

/** One member, n1, of a group; the test speaks for the others. */
export class Member {
  readonly node: HandDrivenNode;
  constructor(seeds = ['n1', 'n2', 'n3', 'n4', 'n5'], options: Partial<GossipOptions> = {}) {
    this.node = new HandDrivenNode([membershipSpec({ node: 'n1', seeds, options: gossipOptions(options) })]);
  }
  get state(): MembershipState {
    return this.node.node.stateOf('membership') as MembershipState;
  }
  hear(from: string, incarnation: number, ...rumours: Rumour[]): void {
    this.say(from, { type: 'rumours', incarnation, rumours });
  }
  say(from: string, message: MembershipMessage): void {
    this.node.tell('n1/membership', message, { from: `${from}/membership` });
  }
  standing(member: string): string {
    const found = this.state.members.get(member);
    return `${found?.status} ${found?.incarnation}`;
  }
  observed(type: string): Observation[] {
    return this.node.observed.map(({ observation }) => observation).filter((observation) => observation.type === type);
  }
  sentTo<K extends MembershipMessage['type']>(node: string, type: K): Extract<MembershipMessage, { type: K }>[] {
    return this.node.sent
      .filter(({ to, message }) => to === `${node}/membership` && message.type === type)
      .map(({ message }) => message as Extract<MembershipMessage, { type: K }>);
  }
  lastTo(node: string): (MembershipMessage & { rumours: readonly Rumour[]; incarnation: number }) | undefined {
    const message = this.node.sent.filter(({ to }) => to === `${node}/membership`).at(-1)?.message;
    return message as ReturnType<Member['lastTo']>;
  }
  passMs(ms: number): void {
    for (let passed = 0; passed < ms; passed += 10) this.node.advance(10_000);
  }
  /** Time passes in which everybody answers the pings of this member. */
  passAnsweredMs(ms: number): void {
    for (let passed = 0; passed < ms; passed += 10) {
      this.node.advance(10_000);
      const { target, sequence, isAnswered } = this.state.probe ?? { target: '', sequence: 0, isAnswered: true };
      if (!isAnswered) this.say(target, { type: 'ack', sequence, of: target, incarnation: 0, rumours: [] });
    }
  }
}

export const alive = (member: string, incarnation: number): Rumour => ({
  member,
  incarnation,
  status: 'alive',
  accuser: '',
});
export const suspect = (member: string, incarnation: number, accuser: string): Rumour => ({
  member,
  incarnation,
  status: 'suspect',
  accuser,
});
export const dead = (member: string, incarnation: number, accuser: string): Rumour => ({
  member,
  incarnation,
  status: 'dead',
  accuser,
});
