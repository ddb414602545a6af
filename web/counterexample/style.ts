/** What the page of counterexamples adds to the style of the others. */
export const COUNTEREXAMPLE_STYLE = `
body { max-width: 1360px; } h3::before { display: none; } svg.history { width: auto; max-width: none; } .history .process { font-weight: 600; } .history .operation { stroke-width: 1.4; }
.operation.ordered { fill: var(--raft); fill-opacity: .28; stroke: var(--raft); } .operation.culprit { fill: var(--bad); fill-opacity: .4; stroke: var(--bad); stroke-width: 2.2; }
.operation.refused { fill: var(--lease); fill-opacity: .25; stroke: var(--lease); } .operation.later { fill: var(--band); fill-opacity: .12; stroke: var(--band); }
.operation.open { stroke-dasharray: 5 3; } text.culprit { fill: var(--bad); font-weight: 600; } text.later { fill: var(--quiet); }
.moment circle { fill: var(--raft); } .moment text { fill: var(--ground); font-size: 10px; font-weight: 600; } .moments { fill: none; stroke: var(--raft); stroke-opacity: .45; stroke-width: 1.3; }
.limit { stroke: var(--bad); stroke-width: 1.6; stroke-dasharray: 6 4; } .why li:first-child { color: var(--bad); font-weight: 600; }
td.number { text-align: right; color: var(--quiet); } details { margin: 8px 0; } summary { cursor: pointer; color: var(--quiet); }
`;
