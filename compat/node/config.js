'use strict';

// Configuration by HTTP v1 with long polling. The client has no compare-and-set and no beta.

const { Failure, shown } = require('./harness');

const GROUP = 'DEFAULT_GROUP';

async function publishGet(t) {
  const [writer, reader] = [t.config(), t.config()];
  await t.publish(writer, 'a: 1', { type: 'yaml' });
  await t.expectContent(reader, 'a: 1');
  await t.publish(writer, 'a: 2');
  await t.expectContent(reader, 'a: 2');
}

async function sharedClient(t) {
  const client = t.config({ shared: true });
  await client.ready();
  await t.publish(client, 'one');
  const events = t.listen(client);
  await events.expect('one');
  await t.publish(client, 'two');
  await events.expect('two');
  await t.expectContent(client, 'two');
}

async function getAbsent(t) {
  const content = await t.config().getConfig(t.unique, GROUP);
  if (content !== null) throw new Failure(`read ${shown(content)}`);
}

async function remove(t) {
  const client = t.config();
  await t.publish(client, 'soon gone');
  await t.expectContent(client, 'soon gone');
  if (await client.remove(t.unique, GROUP) !== true) throw new Failure('removing was answered false');
  await t.expectContent(t.config(), null);
}

async function listenPush(t) {
  const [writer, reader] = [t.config(), t.config()];
  await t.publish(writer, 'one');
  const events = t.listen(reader);
  await events.expect('one');
  await t.publish(writer, 'two');
  await events.expect('two');
  await t.publish(writer, 'three');
  await events.expect('three');
}

async function listenRemoved(t) {
  const [writer, reader] = [t.config(), t.config()];
  await t.publish(writer, 'one');
  const events = t.listen(reader);
  await events.expect('one');
  await writer.remove(t.unique, GROUP);
  await events.expect(null);
  await t.publish(writer, 'two');
  await events.expect('two');
}

async function listenAbsent(t) {
  const events = t.listen(t.config());
  await t.publish(t.config(), 'born');
  await events.expect('born');
}

async function listenMany(t) {
  const [writer, reader] = [t.config(), t.config()];
  const names = Array.from({ length: 50 }, (_, number) => `${t.unique}-${number}`);
  await Promise.all(names.map(name => writer.publishSingle(name, GROUP, 'before')));
  const inboxes = names.map(name => t.listen(reader, name));
  for (const inbox of inboxes) await inbox.expect('before');
  await writer.publishSingle(names[17], GROUP, 'after');
  await inboxes[17].expect('after');
  const told = names.filter((_, number) => inboxes[number].events.length);
  if (told.length) throw new Failure(`listeners of unchanged items were told: ${shown(told)}`);
}

async function cancelListen(t) {
  const [writer, leaving, staying] = [t.config(), t.config(), t.config()];
  await t.publish(writer, 'one');
  const [left, stayed] = [t.listen(leaving), t.listen(staying)];
  await left.expect('one');
  await stayed.expect('one');
  leaving.unSubscribe({ dataId: t.unique, group: GROUP }, left.listener);
  await t.publish(writer, 'two');
  await stayed.expect('two');
  if (left.events.length) throw new Failure(`told ${shown(left.events)} after cancelling`);
}

async function unicodeContent(t) {
  const content = '名称: 海堤 🌊\n\ttab & <xml/> %41 + "quoted" \\ back\r\nümlaut\u0001\u0002';
  await t.publish(t.config(), content);
  await t.expectContent(t.config(), content);
}

async function largeContent(t) {
  const content = '0123456789abcdef'.repeat(32 * 1024);
  const events = t.listen(t.config());
  await t.publish(t.config(), content);
  await t.expectContent(t.config(), content);
  await events.expect(content);
}

async function configGroupIsolation(t) {
  const client = t.config();
  await t.publish(client, 'default group');
  await client.publishSingle(t.unique, 'OTHER_GROUP', 'other group');
  await t.expectContent(client, 'default group');
  await t.expectContent(client, 'other group', 'OTHER_GROUP');
}

async function configNamespaceIsolation(t) {
  const namespace = `space-${t.unique}`;
  const [outside, inside] = [t.config(), t.config({ namespace })];
  const events = t.listen(t.config({ namespace }));
  await t.publish(outside, 'outside');
  await t.publish(inside, 'inside');
  await events.expect('inside');
  await t.expectContent(t.config(), 'outside');
  await t.expectContent(t.config({ namespace }), 'inside');
}

module.exports = {
  cases: [
    ['publish_get', 20000, publishGet],
    ['shared_client', 30000, sharedClient],
    ['get_absent', 20000, getAbsent],
    ['remove', 20000, remove],
    ['listen_push', 30000, listenPush],
    ['listen_removed', 30000, listenRemoved],
    ['listen_absent_then_published', 20000, listenAbsent],
    ['listen_many', 40000, listenMany],
    ['cancel_listen', 20000, cancelListen],
    ['unicode_content', 20000, unicodeContent],
    ['large_content', 30000, largeContent],
    ['config_group_isolation', 20000, configGroupIsolation],
    ['config_namespace_isolation', 20000, configNamespaceIsolation],
  ],
};
