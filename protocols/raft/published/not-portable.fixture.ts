/** Published facts that do not hold here, and why. A fact that is listed and holds after all is an error of the list. */
export interface NotPortable {
  readonly reason: string;
  /** By file: line of the command, and the fact as it was published. */
  readonly facts: Readonly<Record<string, readonly (readonly [line: number, fact: string])[]>>;
}

export const NOT_PORTABLE: readonly NotPortable[] = [
  {
    reason:
      'a lone voter writes its vote and the first entry of its term in one record, so both are durable and committed at once; theirs needs a second round',
    facts: {
      confchange_v1_add_single: [[15, '1: term 1 vote 1 commit 2']],
      confchange_v2_add_double_auto: [[17, '1: term 1 vote 1 commit 2']],
      confchange_v2_add_double_implicit: [[19, '1: term 1 vote 1 commit 2']],
      confchange_v2_add_single_auto: [[17, '1: term 1 vote 1 commit 2']],
      confchange_v2_add_single_explicit: [[17, '1: term 1 vote 1 commit 2']],
    },
  },
  {
    reason: 'a node that waits to be added knows with whom the group began (`members`); theirs knows nobody',
    facts: {
      confchange_v1_add_single: [[31, '2: voters=()']],
      confchange_v2_add_double_auto: [
        [32, '2: voters=()'],
        [32, '3: voters=()'],
      ],
      confchange_v2_add_double_implicit: [[34, '2: voters=()']],
      confchange_v2_add_single_auto: [[33, '2: voters=()']],
      confchange_v2_add_single_explicit: [[33, '2: voters=()']],
      confchange_v2_replace_leader: [[37, '4: voters=()']],
      confchange_v2_replace_leader_stepdown: [[38, '4: voters=()']],
      snapshot_succeed_via_app_resp: [[50, '3: voters=()']],
    },
  },
  {
    reason:
      'a configuration is in force from the log on (thesis, §4.1), so the new voters decide about it; at etcd those before, who apply it first',
    facts: {
      confchange_v1_remove_leader: [
        [85, '1: term 1 vote 1 commit 5'],
        [85, '1: voters=(2 3)'],
        [110, '1: StateLeader (Non-Voter) Term:1 Lead:1'],
        [117, '2: term 1 vote 1 commit 5'],
        [117, '2: voters=(2 3)'],
      ],
      confchange_v1_remove_leader_stepdown: [
        [84, '1 became follower at term 1'],
        [84, '1: term 1 vote 1 commit 5'],
        [84, '1: voters=(2 3)'],
        [113, '1: StateFollower (Non-Voter) Term:1 Lead:0'],
        [120, '2: term 1 vote 1 commit 5'],
        [120, '2: voters=(2 3)'],
      ],
      confchange_v2_add_double_auto: [
        [54, '1: term 1 vote 1 commit 4'],
        [54, '1: voters=(1 2 3)&&(1) autoleave'],
      ],
    },
  },
  {
    reason:
      'a leader that removed itself makes way as soon as that is committed, and asks who has its whole log to stand; theirs leads on, or waits for a time-out',
    facts: {
      confchange_v1_remove_leader: [
        [146, '1: term 1 vote 1 commit 6'],
        [146, '2: term 1 vote 1 commit 6'],
        [146, '3: term 1 vote 1 commit 6'],
        [246, '1: StateLeader (Non-Voter) Term:1 Lead:1'],
        [246, '2: StateFollower (Voter) Term:1 Lead:1'],
        [246, '3: StateFollower (Voter) Term:1 Lead:1'],
        [85, '1: 1/5 EntryNormal "foo"'],
        [146, '1: 1/6 EntryNormal "bar"'],
      ],
      confchange_v1_remove_leader_stepdown: [
        [149, '3: term 1 vote 1 commit 5'],
        [84, '1: 1/5 EntryNormal "foo"'],
      ],
      confchange_v2_replace_leader_stepdown: [
        [69, '2: term 1 vote 1 commit 5'],
        [69, '3: term 1 vote 1 commit 5'],
        [69, '4: term 1 vote 0 commit 5'],
        [163, '2: StateFollower (Voter) Term:1 Lead:1'],
        [163, '3: StateFollower (Voter) Term:1 Lead:1'],
        [163, '4: StateFollower (Voter) Term:1 Lead:1'],
      ],
    },
  },
  {
    reason:
      'the leader leaves a joint configuration in the turn in which it is committed, and sends nothing more to who is removed by that; theirs one round later, so that those still learn of it',
    facts: {
      confchange_v2_add_double_auto: [
        [254, '1: term 1 vote 1 commit 6'],
        [254, '1: voters=(1)&&(1 2 3) autoleave'],
        [288, '2: term 1 vote 0 commit 6'],
        [288, '3: term 1 vote 0 commit 6'],
        [288, '2: voters=(1)&&(1 2 3) autoleave'],
        [288, '3: voters=(1)&&(1 2 3) autoleave'],
        [334, '2: term 1 vote 0 commit 9'],
        [334, '3: term 1 vote 0 commit 9'],
        [334, '2: voters=(1)'],
        [334, '3: voters=(1)'],
        [288, '2: 1/6 EntryConfChange'],
        [288, '3: 1/6 EntryConfChange'],
        [334, '2: 1/7 EntryNormal "foo"'],
        [334, '2: 1/8 EntryNormal "bar"'],
        [334, '2: 1/9 EntryConfChange'],
        [334, '3: 1/7 EntryNormal "foo"'],
        [334, '3: 1/8 EntryNormal "bar"'],
        [334, '3: 1/9 EntryConfChange'],
      ],
      confchange_v2_replace_leader: [
        [324, '1: term 2 vote 4 commit 6'],
        [324, '1: voters=(2 3 4)'],
        [409, '1: StateFollower (Non-Voter) Term:2 Lead:4'],
        [324, '1: 2/6 EntryConfChange'],
      ],
    },
  },
  {
    reason:
      'there is no ForgetLeader: only what it does to votes can be brought about, by time that passes; who leads the term stays known',
    facts: {
      forget_leader: [
        [39, '2: StateFollower (Voter) Term:1 Lead:0'],
        [50, '2: StateFollower (Voter) Term:1 Lead:0'],
        [62, '2: StateFollower (Voter) Term:1 Lead:0'],
        [62, '4: StateFollower (Non-Voter) Term:1 Lead:0'],
      ],
      forget_leader_prevote_checkquorum: [[94, '2: StateFollower (Voter) Term:1 Lead:0']],
    },
  },
  {
    reason: 'there is no ReportUnreachable: a leader learns of what was lost by the answers to its heartbeats alone',
    facts: { heartbeat_resp_recovers_from_probing: [[40, '2: StateProbe match=11 next=12']] },
  },
  {
    reason: 'there are no snapshots sent by hand: a leader sends one to who needs it, and learns so from an answer',
    facts: {
      snapshot_succeed_via_app_resp_behind: [
        [142, '3: term 1 vote 1 commit 11'],
        [163, '3: StateReplicate match=11 next=13'],
      ],
    },
  },
  {
    reason:
      'heartbeats are appends: they bring at once what the follower lacks, or the snapshot that it needs; theirs wait for its answer first',
    facts: {
      async_storage_writes_append_aba_race: [[492, '2/12 EntryNormal ""']],
      slow_follower_after_compaction: [[80, '3: StateReplicate match=14 next=17']],
      snapshot_succeed_via_app_resp: [
        [42, '3: StateProbe match=0 next=11'],
        [71, '3: term 1 vote 0 commit 0'],
        [97, '3: StateSnapshot match=0'],
      ],
    },
  },
];
