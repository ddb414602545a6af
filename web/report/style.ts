/** The page's only style. Colours are told apart by people who see red and green alike, on light and on dark ground. */
export const STYLE = `
:root { --ground: #fbfaf7; --ink: #1d2129; --quiet: #667085; --rule: #e2e0d8; --raft: #0072b2; --lease: #d55e00; --gossip: #009e73;
  --bad: #b3261e; --good: #00795a; --band: #7a7f8c; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --ink: #e6e4dd; --quiet: #99a1b0; --rule: #2b3039; --raft: #56b4e9;
  --lease: #f0965a; --gossip: #3fd0a4; --bad: #ff8a80; --good: #4fd1a5; --band: #8d94a3; } }
body { font: 15px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink); max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 27px; letter-spacing: -.01em; margin: 0 0 6px; } h2 { font-size: 19px; margin: 38px 0 10px; } h3 { font-size: 16px; margin: 26px 0 2px; }
h3::before, th.raft::before, th.lease::before, th.gossip::before { content: ''; display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .45em; background: currentColor; }
h3.raft, th.raft { color: var(--raft); } h3.lease, th.lease { color: var(--lease); } h3.gossip, th.gossip { color: var(--gossip); }
p { max-width: 78ch; margin: 4px 0 10px; } code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { text-align: left; padding: 5px 18px 5px 0; border-bottom: 1px solid var(--rule); }
tr > th:first-child { font-weight: 500; color: var(--quiet); } .wide { overflow-x: auto; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 22px; } figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: 4px; }
svg { width: 100%; height: auto; display: block; font: 11.5px system-ui, sans-serif; fill: var(--ink); } .space-time { min-width: 900px; }
.quiet, text.quiet { color: var(--quiet); fill: var(--quiet); } .rule, .tick { stroke: var(--rule); } .lane { stroke: var(--rule); stroke-width: 2; }
.series { fill: none; stroke-width: 2.2; } .series.raft { stroke: var(--raft); } .series.lease { stroke: var(--lease); } .series.gossip { stroke: var(--gossip); }
.bar.raft { fill: var(--raft); } .bar.lease { fill: var(--lease); } .bar.gossip { fill: var(--gossip); }
rect.fault { fill: var(--band); opacity: .35; } text.fault { font-size: 9.5px; fill: var(--ink); }
.span { stroke-width: 7; stroke-linecap: butt; } .span.leader { stroke: var(--raft); opacity: .75; } .span.paused { stroke: var(--quiet); stroke-dasharray: 2 4; } .span.down { stroke: var(--bad); stroke-dasharray: 3 3; }
.message { stroke: var(--quiet); stroke-width: 1.1; opacity: .7; } .message:hover { stroke: var(--ink); stroke-width: 2; opacity: 1; }
.message.lost { stroke: var(--bad); fill: none; stroke-dasharray: 3 2; }
.violated { fill: none; stroke: var(--bad); stroke-width: 2.2; } .mark { stroke: var(--ground); stroke-width: .8; } .mark.claimed { fill: var(--lease); } .mark.effect { fill: var(--good); } .mark.refused { fill: var(--bad); }
.mark.completed { fill: var(--ink); } .mark.started { fill: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; list-style: none; padding: 0; } .legend svg { width: 20px; height: 14px; display: inline; vertical-align: -2px; }
footer { margin-top: 40px; color: var(--quiet); }
`;
