'use strict';

// storefront: the page customers see. It finds catalog and pricing by name, asks both, and
// greets with the words of the configuration shop.json.

const fs = require('fs');
const http = require('http');
const path = require('path');
const { NacosConfigClient, NacosNamingClient } = require('nacos');

const { SEAWALL_ADDR: address, SHOP_WORK: work } = process.env;
const logger = { debug() {}, info() {}, log() {}, warn() {}, error: error => console.error(String(error)) };

const naming = new NacosNamingClient({ logger, serverList: address });
const config = new NacosConfigClient({ serverAddr: address, cacheDir: path.join(work, 'storefront-cache') });
naming.on('error', error => logger.error(error));
config.on('error', error => logger.error(error));

let greeting = '';

function follow() {
  config.subscribe({ dataId: 'shop.json', group: 'DEFAULT_GROUP' }, content => {
    try {
      greeting = JSON.parse(content).greeting;
      console.log(`storefront greets with "${greeting}" from now on`);
    } catch (error) {
      logger.error(`storefront keeps its greeting, shop.json is not valid: ${error.message}`);
    }
  });
}

const find = service => naming.selectInstances(service, 'DEFAULT_GROUP', '', true, false);

/** Calls a service by name, whichever healthy instance answers. */
async function call(service, query) {
  const instances = await find(service);
  if (!instances.length) throw new Error(`nobody offers ${service}`);
  const { ip, port } = instances[Math.floor(Math.random() * instances.length)];
  const answer = await fetch(`http://${ip}:${port}${query}`, { signal: AbortSignal.timeout(2000) });
  if (!answer.ok) throw new Error(`${service} answered ${answer.status}`);
  return answer.text();
}

async function page() {
  const items = JSON.parse(await call('catalog', '/items'));
  const prices = await Promise.all(items.map(item => call('pricing', `/price?base=${item.price}`)));
  const list = items.map((item, index) => `${item.name} ${prices[index]}`).join(', ');
  return `${greeting}: ${list} (catalogs: ${(await find('catalog')).length})`;
}

async function main() {
  await naming.ready();
  await config.ready();
  follow();
  const server = http.createServer((_, answer) => {
    page().then(
      text => answer.end(`${text}\n`),
      error => { answer.statusCode = 503; answer.end(`closed: ${error.message}\n`); },
    );
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await naming.registerInstance('storefront', { ip: '127.0.0.1', port });
  fs.writeFileSync(path.join(work, 'storefront-port'), String(port));
  console.log(`storefront (Node) serves on port ${port}`);
  process.on('SIGTERM', async () => {
    await naming.deregisterInstance('storefront', { ip: '127.0.0.1', port });
    process.exit(0);
  });
}

main().catch(error => { console.error(error); process.exit(1); });
