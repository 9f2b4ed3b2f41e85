'use strict';

// Drives a Nacos-compatible server with the published Node client and prints one CASE line a
// case. cargo xtask compat starts it; ../README.md lists the environment it reads.

const { Trial, run } = require('./harness');
const naming = require('./naming');
const config = require('./config');
const lasting = require('./lasting');

// A client that was closed may still report that its server went away, to nobody.
process.on('uncaughtException', error => console.error(`late: ${error.stack}`));
process.on('unhandledRejection', error => console.error(`late: ${error && error.stack}`));

async function main() {
  const only = process.env.SEAWALL_ONLY || '';
  let failed = 0;
  for (const [name, limitMs, body] of [...naming.cases, ...config.cases, ...lasting.cases]) {
    if (name.includes(only) && await run(name, limitMs, async t => body(t))) failed += 1;
  }
  console.log('END');
  // The client keeps timers of its own after it was closed.
  process.exit(failed ? 1 : 0);
}

if (process.argv[2] === 'hold') naming.hold(new Trial('hold'), process.argv[3], process.argv[4]);
else main();
