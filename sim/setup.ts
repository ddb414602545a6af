import type { AnyAddress, NodeId } from '../runtime/address.js';
import type { Message, Plain } from '../runtime/data.js';

/** A node of the simulated cluster: which program it runs, with which parameters. All plain data. */
export interface NodePlan {
  readonly id: NodeId;
  /** Key into the scenario's `programs`: each node names its own, so that two builds can meet in one cluster. */
  readonly program: string;
  readonly params: Plain;
  /** What faults may pick it for: `server` nodes crash and are partitioned; `client` nodes only see the network's faults. */
  readonly role: 'server' | 'client' | 'store' | 'sink';
}

/** One thing that the outside asks of the cluster, as data, so that a workload can be saved and shrunk. */
export interface WorkItem {
  readonly atMs: number;
  readonly to: AnyAddress;
  readonly message: Message & { readonly [field: string]: Plain };
}

/** What a seed drew before the run began. */
export interface Setup {
  readonly nodes: readonly NodePlan[];
  readonly workload: readonly WorkItem[];
}
