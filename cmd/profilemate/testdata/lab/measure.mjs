// Measures a Jupyter server: node measure.mjs URL TOKEN KERNEL EMPTY [LINES]
// EMPTY is a cell that does next to nothing, LINES one that prints 100,000 lines.
// Prints milliseconds: from asking for a kernel to its first answer, the median of 200
// cells, and from asking for the lines to the idle after them.
import { createRequire } from 'node:module';
const WebSocket = createRequire(import.meta.url)('ws');
const [url, token, name, empty, lines] = process.argv.slice(2);
const headers = { Authorization: 'token ' + token, 'Content-Type': 'application/json' };
const session = 'measure-' + Date.now();
let socket, waiting, bytes = 0, sent = 0;

function request(type, content) {
  const id = `${session}-${sent++}`;
  const header = { msg_id: id, session, username: 'u', date: new Date().toISOString(), msg_type: type, version: '5.3' };
  return new Promise(done => {
    waiting = { id, done, reply: false, idle: false };
    socket.send(JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content, buffers: [] }));
  });
}
function receive(data) {
  const m = JSON.parse(data);
  if (m.parent_header?.msg_id !== waiting?.id) return;
  if (m.header.msg_type === 'stream') bytes += m.content.text.length;
  if (m.channel === 'shell') waiting.reply = true;
  if (m.content.execution_state === 'idle') waiting.idle = true;
  if (waiting.reply && waiting.idle) waiting.done();
}
const execute = code => request('execute_request', { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true });

let begin = performance.now();
const kernel = await (await fetch(url + '/api/kernels', { method: 'POST', headers, body: JSON.stringify({ name }) })).json();
socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/kernels/${kernel.id}/channels?session_id=${session}&token=${token}`);
socket.on('message', receive);
await new Promise((open, fail) => { socket.on('open', open); socket.on('error', fail); });
await request('kernel_info_request', {});
console.log('start to first answer', (performance.now() - begin).toFixed(0));
const times = [];
for (let i = 0; i < 200; i++) {
  begin = performance.now();
  await execute(empty);
  times.push(performance.now() - begin);
}
console.log('cell, median', times.sort((a, b) => a - b)[100].toFixed(2));
if (lines) {
  begin = performance.now();
  await execute(lines);
  console.log('100,000 lines', (performance.now() - begin).toFixed(0), 'with', bytes, 'characters of text');
}
await fetch(`${url}/api/kernels/${kernel.id}`, { method: 'DELETE', headers });
process.exit(0);
