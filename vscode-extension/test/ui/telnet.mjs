// A telnet server that wants a user and a password, in front of a board at a TCP port; as in Pycom's boards, what is not
// plain text does not pass. Knows no editor.
import { once } from 'node:events';
import net from 'node:net';

export class TelnetServer {
  /**
   * Starts one on a free loopback port.
   * @param {string} board `socket://host:port`
   * @param {string} password of the user micro
   */
  static async start(board, password) {
    const server = new TelnetServer();
    server.board = new URL(board);
    server.password = password;
    server.listener = net.createServer((client) => server.serve(client)).listen(0, '127.0.0.1');
    await once(server.listener, 'listening');
    server.address = `telnet://micro@127.0.0.1:${server.listener.address().port}`;
    return server;
  }

  stop() {
    this.listener.close();
  }

  serve(client) {
    let typed = '';
    let user;
    client.on('error', () => client.destroy());
    client.write('Login as: ');
    const hear = (data) => {
      typed += plain(data).toString('latin1');
      while (typed.includes('\r')) {
        const line = typed.slice(0, typed.indexOf('\r')).trim();
        typed = typed.slice(typed.indexOf('\r') + 1);
        if (user === undefined) {
          user = line;
          client.write('Password: ');
        } else if (user === 'micro' && line === this.password) {
          client.off('data', hear);
          client.write('\r\nLogin succeeded!\r\n');
          this.pass(client);
          return;
        } else {
          user = undefined;
          client.write('\r\nInvalid credentials, try again.\r\nLogin as: ');
        }
      }
    };
    client.on('data', hear);
  }

  pass(client) {
    const board = net.connect(Number(this.board.port), this.board.hostname);
    board.on('error', () => client.destroy());
    board.on('data', (data) => client.write(data));
    client.on('data', (data) => board.write(plain(data)));
    board.on('close', () => client.destroy());
    client.on('close', () => board.destroy());
  }
}

/** Above 127 begins an option of telnet, which has two bytes more. */
function plain(data) {
  const kept = [];
  for (let at = 0; at < data.length; at += 1) {
    if (data[at] > 127) at += 2;
    else if (data[at] !== 0) kept.push(data[at]);
  }
  return Buffer.from(kept);
}
