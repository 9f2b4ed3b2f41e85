'use strict';

// Running cases, waiting for events, reading the environment, the runner's control door.

const http = require('http');
const path = require('path');
const { spawn } = require('child_process');
const { DataClient, NacosConfigClient, NacosNamingClient } = require('nacos');

const env = process.env;

// How long a client may take to notice a restart and to repeat what it had done.
const REDO_MS = 40000;

class Failure extends Error {}
class Skipped extends Error {}

const silent = { info() {}, debug() {}, warn() {}, error() {}, log() {} };
const log = env.SEAWALL_VERBOSE ? console : silent;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Events in the order they came; `expect` takes them until one fits. */
class Inbox {
  constructor() {
    this.events = [];
    this.waiting = null;
  }

  put(event) {
    this.events.push(event);
    if (this.waiting) this.waiting();
  }

  async expect(want, withinMs = 10000) {
    const deadline = Date.now() + withinMs;
    const seen = [];
    for (;;) {
      while (this.events.length) {
        const event = this.events.shift();
        if (same(event, want)) return;
        seen.push(event);
      }
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Failure(`no event ${shown(want)} within ${withinMs} ms, only ${shown(seen)}`);
      }
      await new Promise(resolve => {
        const timer = setTimeout(resolve, left);
        this.waiting = () => { clearTimeout(timer); resolve(); };
      });
      this.waiting = null;
    }
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const shown = value => String(JSON.stringify(value)).slice(0, 200);

/** One run of a case: its clients, its waits, and what to tidy up. */
class Trial {
  constructor(name) {
    this.unique = `${name.replace(/_/g, '-')}-${process.hrtime.bigint() % 1000000000n}`;
    this.cleanup = [];
    this.clients = 0;
  }

  async naming(options = {}) {
    const client = new NacosNamingClient({ logger: log, ...address(options) });
    client.on('error', error => log.warn(error));
    client._hostReactor.on('error', error => log.warn(error));
    this.cleanup.push(() => client.close());
    await client.ready();
    return client;
  }

  config(options = {}) {
    const { serverList, ...rest } = address(options);
    this.clients += 1;
    const cacheDir = options.cacheDir || path.join(env.SEAWALL_WORK, `${this.unique}-${this.clients}`);
    // NacosConfigClient shares one DataClient in the whole process, whatever address, namespace
    // or login it is given; a case with two clients has to make the shared part itself.
    const Client = options.shared ? NacosConfigClient : DataClient;
    const client = new Client({ serverAddr: serverList, requestTimeout: 3000, ...rest, cacheDir });
    client.on('error', error => log.warn(error));
    this.cleanup.push(() => close(client));
    return client;
  }

  /** Polls until `check` returns nothing to complain about. */
  async eventually(withinMs, check) {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const complaint = await check().catch(error => {
        if (error instanceof Failure) throw error;
        return String(error.message || error);
      });
      if (!complaint) return;
      if (Date.now() > deadline) throw new Failure(`not within ${withinMs} ms: ${complaint}`);
      await pause(50);
    }
  }

  async expectPorts(client, service, want, { group = 'DEFAULT_GROUP', clusters = '', withinMs = 10000 } = {}) {
    await this.eventually(withinMs, async () => {
      // Asked for a service whose last instance is gone, this client answers with what it knew.
      client._hostReactor._serviceInfoMap.clear();
      const got = ports(await client.getAllInstances(service, group, clusters, false));
      return same(got, want) ? null : `ports ${shown(got)} instead of ${shown(want)}`;
    });
  }

  subscribe(client, service) {
    const inbox = new Inbox();
    client.subscribe({ serviceName: service }, hosts => inbox.put(ports(hosts)));
    return inbox;
  }

  listen(client, dataId = this.unique) {
    const inbox = new Inbox();
    inbox.listener = content => inbox.put(content);
    client.subscribe({ dataId, group: 'DEFAULT_GROUP' }, inbox.listener);
    return inbox;
  }

  async publish(client, content, options) {
    if (await client.publishSingle(this.unique, 'DEFAULT_GROUP', content, options) !== true) {
      throw new Failure('publishing was answered false');
    }
  }

  async expectContent(client, want, group = 'DEFAULT_GROUP') {
    await this.eventually(5000, async () => {
      const got = await client.getConfig(this.unique, group);
      return got === want ? null : `read ${shown(got)} instead of ${shown(want)}`;
    });
  }

  /** A process that registered one instance, to be killed without a word. */
  async holder(service, port) {
    const child = spawn(process.execPath, [process.argv[1], 'hold', service, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.cleanup.push(() => child.kill('SIGKILL'));
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', () => reject(new Failure('the second process ended before it registered')));
    });
    return child;
  }

  async tidy() {
    for (const step of this.cleanup.reverse()) {
      try {
        await Promise.race([step(), pause(5000)]);
      } catch (error) {
        log.warn(error); // tidying must not hide the case's own outcome
      }
    }
  }
}

/** A closed worker still reports the end of its last long poll, to nobody. */
function close(client) {
  const workers = client.clients ? [...client.clients.values()] : [];
  client.close();
  workers.forEach(worker => worker.on('error', error => log.warn(error)));
}

function address({ auth = false, namespace, username, password } = {}) {
  const options = { serverList: auth ? env.SEAWALL_AUTH_ADDR : env.SEAWALL_ADDR };
  if (namespace) options.namespace = namespace;
  if (username) Object.assign(options, { username, password });
  return options;
}

const admin = () => ({ auth: true, username: env.SEAWALL_AUTH_USER, password: env.SEAWALL_AUTH_PASSWORD });

const ports = hosts => hosts.map(host => Number(host.port)).sort((a, b) => a - b);

function needAuth() {
  if (!env.SEAWALL_AUTH_ADDR) throw new Skipped('no server with login');
}

/** Asks the runner to restart, kill or start the server; resolves when that is done. */
function control(action) {
  if (!env.SEAWALL_CONTROL) throw new Skipped(`the server is not ours to ${action}`);
  return new Promise((resolve, reject) => {
    const request = http.request(`${env.SEAWALL_CONTROL}/${action}`, { method: 'POST', timeout: 60000 }, answer => {
      answer.resume();
      if (answer.statusCode === 200) resolve();
      else reject(new Failure(`the runner answered ${answer.statusCode} to ${action}`));
    });
    request.on('error', reject);
    request.end();
  });
}

async function run(name, limitMs, body) {
  const started = Date.now();
  const trial = new Trial(name);
  let verdict = 'PASS';
  let detail = '';
  let timer;
  try {
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Failure(`still running after ${limitMs} ms`)), limitMs);
    });
    await Promise.race([body(trial), limit]);
  } catch (error) {
    verdict = error instanceof Skipped ? 'SKIP' : 'FAIL';
    detail = String(error.message || error).replace(/\s+/g, ' ').slice(0, 600);
  } finally {
    clearTimeout(timer);
  }
  console.log(`CASE ${name} ${verdict} ${Date.now() - started} ${detail}`);
  await trial.tidy();
  return verdict === 'FAIL';
}

module.exports = { Failure, REDO_MS, Skipped, Trial, admin, control, needAuth, ports, run, same, shown };
