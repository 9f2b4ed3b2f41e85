'use strict';

// Login, and what must survive a restart of the server.

const net = require('net');
const { Failure, REDO_MS, Skipped, admin, control, needAuth } = require('./harness');
const { instance } = require('./naming');

const GROUP = 'DEFAULT_GROUP';

async function loginAccepted(t) {
  needAuth();
  const events = t.listen(t.config(admin()));
  await t.publish(t.config(admin()), 'for members');
  await events.expect('for members');
  await (await t.naming(admin())).registerInstance(t.unique, instance(9001));
  await t.expectPorts(await t.naming(admin()), t.unique, [9001]);
}

/** Whoever comes with `options` can neither write nor read. */
async function refused(t, options) {
  needAuth();
  await t.publish(t.config(admin()), 'secret');
  const accepted = [];
  const attempt = async (what, call) => {
    try {
      if (await call()) accepted.push(what);
    } catch (_) {
      // This client raises every refusal as an error.
    }
  };
  await attempt('a publish', () => t.config(options).publishSingle(t.unique, GROUP, 'stolen'));
  await attempt('a read', () => t.config(options).getConfig(t.unique, GROUP));
  await attempt('an instance', async () => {
    await (await t.naming(options)).registerInstance(t.unique, instance(9001, { ephemeral: false }));
    return true;
  });
  if (accepted.length) throw new Failure(`accepted uninvited: ${accepted.join(', ')}`);
  await t.expectContent(t.config(admin()), 'secret');
  await t.expectPorts(await t.naming(admin()), t.unique, []);
}

async function restartRedoRegister(t) {
  const provider = await t.naming();
  await provider.registerInstance(t.unique, instance(9001));
  await t.expectPorts(provider, t.unique, [9001]);
  await control('restart');
  await t.expectPorts(await t.naming(), t.unique, [9001], { withinMs: REDO_MS });
}

async function restartRedoSubscribe(t) {
  const events = t.subscribe(await t.naming(), t.unique);
  await control('restart');
  await (await t.naming()).registerInstance(t.unique, instance(9001));
  await events.expect([9001], REDO_MS);
}

async function restartRedoListen(t) {
  await t.publish(t.config(), 'before');
  const events = t.listen(t.config());
  await events.expect('before');
  await control('restart');
  await t.publish(t.config(), 'after');
  await events.expect('after', REDO_MS);
}

async function restartKeepsConfig(t) {
  await t.publish(t.config(), 'durable 🌊');
  await control('kill');
  await control('start');
  await t.expectContent(t.config(), 'durable 🌊');
}

async function restartKeepsPersistent(t) {
  const server = net.createServer(socket => socket.destroy());
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.cleanup.push(() => server.close());
  const { port } = server.address();
  await (await t.naming()).registerInstance(t.unique, instance(port, { ephemeral: false }));
  await control('kill');
  await control('start');
  await t.expectPorts(await t.naming(), t.unique, [port]);
}

async function killSnapshotRead(t) {
  const reader = t.config();
  await t.publish(reader, 'kept');
  await t.expectContent(reader, 'kept');
  await control('kill');
  try {
    await t.expectContent(reader, 'kept');
  } finally {
    await control('start');
  }
  await t.expectContent(reader, 'kept');
}

const ours = body => t => {
  if (!process.env.SEAWALL_CONTROL) throw new Skipped('the server is not ours to restart');
  return body(t);
};

module.exports = {
  cases: [
    ['login_accepted', 40000, loginAccepted],
    ['login_refused', 60000, t => refused(t, { ...admin(), password: 'not the password' })],
    ['anonymous_refused', 60000, t => refused(t, { auth: true })],
    ['restart_redo_register', 90000, ours(restartRedoRegister)],
    ['restart_redo_subscribe', 90000, ours(restartRedoSubscribe)],
    ['restart_redo_listen', 90000, ours(restartRedoListen)],
    ['restart_keeps_config', 90000, ours(restartKeepsConfig)],
    ['restart_keeps_persistent', 90000, ours(restartKeepsPersistent)],
    ['kill_snapshot_read', 90000, ours(killSnapshotRead)],
  ],
};
