'use strict';

// Registration and discovery. This client speaks HTTP v1 and keeps its instances alive by
// beats; it learns of changes by polling, and by UDP where the server pushes so.

const net = require('net');
const { Failure, ports, shown, same } = require('./harness');

// Milliseconds without a beat until an instance is unhealthy, and until it is removed.
const SHORT_LIVED = {
  'preserved.heart.beat.interval': '1000',
  'preserved.heart.beat.timeout': '3000',
  'preserved.ip.delete.timeout': '5000',
};

// A subscriber that is not pushed to polls every ten seconds.
const POLLED_MS = 25000;

const instance = (port, more = {}) => ({ ip: '127.0.0.1', port, metadata: { from: 'node' }, ...more });

async function registerDiscover(t) {
  const [provider, consumer] = [await t.naming(), await t.naming()];
  await provider.registerInstance(t.unique, instance(9001, { weight: 2.5 }));
  await t.expectPorts(consumer, t.unique, [9001]);
  const [one] = await consumer.getAllInstances(t.unique, 'DEFAULT_GROUP', '', false);
  const told = [one.ip, one.weight, one.healthy, one.enabled, one.ephemeral, one.clusterName, one.metadata.from];
  if (!same(told, ['127.0.0.1', 2.5, true, true, true, 'DEFAULT', 'node'])) {
    throw new Failure(`unlike what was registered: ${shown(one)}`);
  }
}

async function subscribePush(t) {
  const [provider, consumer] = [await t.naming(), await t.naming()];
  const events = t.subscribe(consumer, t.unique);
  await provider.registerInstance(t.unique, instance(9001));
  await events.expect([9001], POLLED_MS);
  await provider.registerInstance(t.unique, instance(9002));
  await events.expect([9001, 9002], POLLED_MS);
}

async function deregisterPush(t) {
  const [provider, consumer] = [await t.naming(), await t.naming()];
  await provider.registerInstance(t.unique, instance(9001));
  await provider.registerInstance(t.unique, instance(9002));
  await t.expectPorts(provider, t.unique, [9001, 9002]);
  const events = t.subscribe(consumer, t.unique);
  await events.expect([9001, 9002], POLLED_MS);
  await provider.deregisterInstance(t.unique, instance(9002));
  await events.expect([9001], POLLED_MS);
}

async function deregister(t) {
  const client = await t.naming();
  await client.registerInstance(t.unique, instance(9001));
  await client.registerInstance(t.unique, instance(9002));
  await t.expectPorts(client, t.unique, [9001, 9002]);
  await client.deregisterInstance(t.unique, instance(9002));
  await t.expectPorts(client, t.unique, [9001]);
}

async function instanceUpdate(t) {
  const client = await t.naming();
  await client.registerInstance(t.unique, instance(9001));
  await t.expectPorts(client, t.unique, [9001]);
  await client.registerInstance(t.unique, instance(9001, { weight: 7, metadata: { version: '2' } }));
  await t.eventually(10000, async () => {
    const found = await client.getAllInstances(t.unique, 'DEFAULT_GROUP', '', false);
    const told = found.map(one => [one.weight, one.metadata.version]);
    return same(told, [[7, '2']]) ? null : `still ${shown(found)}`;
  });
}

async function disabledInstance(t) {
  const client = await t.naming();
  await client.registerInstance(t.unique, instance(9001));
  await client.registerInstance(t.unique, instance(9002, { enabled: false }));
  await t.eventually(10000, async () => {
    const got = ports(await client.selectInstances(t.unique, 'DEFAULT_GROUP', '', true, false));
    return same(got, [9001]) ? null : `ports ${shown(got)}`;
  });
}

async function clusterFilter(t) {
  const client = await t.naming();
  await client.registerInstance(t.unique, instance(9001, { clusterName: 'EAST' }));
  await client.registerInstance(t.unique, instance(9002, { clusterName: 'WEST' }));
  await t.expectPorts(client, t.unique, [9001], { clusters: 'EAST' });
  await t.expectPorts(client, t.unique, [9002], { clusters: 'WEST' });
  await t.expectPorts(client, t.unique, [9001, 9002], { clusters: 'EAST,WEST' });
  await t.expectPorts(client, t.unique, [9001, 9002]);
}

async function groupIsolation(t) {
  const client = await t.naming();
  await client.registerInstance(t.unique, instance(9001));
  await client.registerInstance(t.unique, instance(9002), 'OTHER_GROUP');
  await t.expectPorts(client, t.unique, [9001]);
  await t.expectPorts(client, t.unique, [9002], { group: 'OTHER_GROUP' });
}

async function namingNamespaceIsolation(t) {
  const [outside, inside] = [await t.naming(), await t.naming({ namespace: `space-${t.unique}` })];
  await outside.registerInstance(t.unique, instance(9001));
  await inside.registerInstance(t.unique, instance(9002));
  await t.expectPorts(outside, t.unique, [9001]);
  await t.expectPorts(inside, t.unique, [9002]);
}

async function unicodeMetadata(t) {
  const client = await t.naming();
  const metadata = { 地域: '华东-1 "ü" 🌊 & = , +', empty: '' };
  await client.registerInstance(t.unique, instance(9001, { metadata }));
  await t.expectPorts(client, t.unique, [9001]);
  const [one] = await client.getAllInstances(t.unique, 'DEFAULT_GROUP', '', false);
  if (one.metadata['地域'] !== metadata['地域']) throw new Failure(`metadata came back as ${shown(one.metadata)}`);
}

async function persistentInstance(t) {
  const server = net.createServer(socket => socket.destroy());
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.cleanup.push(() => server.close());
  const { port } = server.address();
  const provider = await t.naming();
  await provider.registerInstance(t.unique, instance(port, { ephemeral: false }));
  await t.expectPorts(provider, t.unique, [port]);
  const later = await t.naming();
  await t.expectPorts(later, t.unique, [port]);
  await later.deregisterInstance(t.unique, instance(port, { ephemeral: false }));
  await t.expectPorts(later, t.unique, []);
}

async function serviceList(t) {
  const client = await t.naming();
  const group = `LIST-${t.unique}`;
  const wanted = [];
  for (let number = 0; number < 5; number += 1) {
    wanted.push(`${t.unique}-${number}`);
    await client.registerInstance(wanted[number], instance(9001), group);
  }
  await t.eventually(10000, async () => {
    const names = new Set();
    for (const page of [1, 2, 3]) {
      const { count, data } = await client._serverProxy.getServiceList(page, 2, group);
      if (count !== 5) return `count ${count}`;
      data.forEach(name => names.add(name));
    }
    return same([...names].sort(), wanted) ? null : `names ${shown([...names])}`;
  });
}

async function absentService(t) {
  const found = await (await t.naming()).getAllInstances(t.unique, 'DEFAULT_GROUP', '', false);
  if (found.length) throw new Failure(`found ${shown(ports(found))}`);
}

async function serverStatus(t) {
  const status = await (await t.naming()).getServerStatus();
  if (status !== 'UP') throw new Failure(`the server says ${status}`);
}

async function disconnectRemoval(t) {
  const client = await t.naming();
  const child = await t.holder(t.unique, 9001);
  await t.expectPorts(client, t.unique, [9001]);
  child.kill('SIGKILL');
  await t.expectPorts(client, t.unique, [], { withinMs: 20000 });
}

async function heartbeatKeeps(t) {
  const client = await t.naming();
  // The client beats first after ten seconds, and then as often as the server says.
  await client.registerInstance(t.unique, instance(9001));
  await client.registerInstance(t.unique, instance(9002, { metadata: SHORT_LIVED }));
  client._beatReactor.removeBeatInfo(`DEFAULT_GROUP@@${t.unique}`, '127.0.0.1', 9002);
  await t.expectPorts(client, t.unique, [9001, 9002]);
  await t.expectPorts(client, t.unique, [9001], { withinMs: 20000 });
  const [one] = await client.getAllInstances(t.unique, 'DEFAULT_GROUP', '', false);
  if (!one.healthy) throw new Failure('the beating instance is unhealthy');
}

async function hold(t, service, port) {
  const client = await t.naming();
  await client.registerInstance(service, instance(Number(port), { metadata: SHORT_LIVED }));
  console.log('HOLDING');
  process.stdin.resume();
}

module.exports = {
  hold,
  instance,
  cases: [
    ['register_discover', 20000, registerDiscover],
    ['subscribe_push', 60000, subscribePush],
    ['deregister_push', 60000, deregisterPush],
    ['deregister', 20000, deregister],
    ['instance_update', 20000, instanceUpdate],
    ['disabled_instance', 20000, disabledInstance],
    ['cluster_filter', 20000, clusterFilter],
    ['group_isolation', 20000, groupIsolation],
    ['naming_namespace_isolation', 20000, namingNamespaceIsolation],
    ['unicode_metadata', 20000, unicodeMetadata],
    ['persistent_instance', 30000, persistentInstance],
    ['service_list', 20000, serviceList],
    ['absent_service', 20000, absentService],
    ['server_status', 20000, serverStatus],
    ['heartbeat_expiry', 40000, heartbeatKeeps],
    ['disconnect_removal', 40000, disconnectRemoval],
  ],
};
