import type { Command } from 'commander';

const EXAMPLES = `
A configuration, with everything that it needs (see examples/cluster/n1.yaml):
  node: n1                        this node's name in the cluster
  cluster: shop                   nodes of other clusters are turned away
  listen: 127.0.0.1:7101
  peers: { n2: 127.0.0.1:7102, n3: 127.0.0.1:7103 }
  coordinator: raft               or lease, gossip
  dataDirectory: data/n1
  executors: { shell: { enabled: true } }

Examples:
  orrery node --config examples/cluster/n1.yaml
  orrery task list --config examples/cluster/n1.yaml    ask the node what it does

SIGTERM and SIGINT end the node in good order: it resigns from office, ends its work and lets its leases go.
Ends with 0 after that, 1 where the node could not go on, 2 where the configuration cannot be used.`;

export function registerNodeCommand(program: Command): void {
  program
    .command('node')
    .summary('run a node of the scheduler in this process')
    .description('Runs a node of a scheduler cluster: its coordinator, its planner, its workers, over TCP.')
    .requiredOption('-c, --config <file>', 'configuration of the node, YAML or JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ config }: { readonly config: string }) => {
      const { runNode } = await import('../scheduler/service/run-node.js');
      process.exitCode = await runNode(config);
      // Functions of tasks that ignored their signal must not keep the process.
      process.exit();
    });
}
