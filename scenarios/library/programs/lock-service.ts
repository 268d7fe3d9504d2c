/** One lock, given to one holder at a time. Says the same again to whoever asks again: packets get lost. */
import type { Program } from 'netpersona';

export const program: Program = async (vm, args) => {
  const { port } = args as { port: number };
  const socket = vm.udp(port);
  let holder = '';
  for (;;) {
    const request = await socket.receive();
    if (request === null) return;
    const who = request.from.ip;
    const [what, round] = request.text.split(' ');
    if (what === 'lock' && holder === '') {
      holder = `${who} ${round}`;
      vm.note(`${who} has the lock`);
    }
    if (what === 'unlock' && holder === `${who} ${round}`) holder = '';
    const isDone = what === 'unlock' || holder === `${who} ${round}`;
    socket.send(request.from, isDone ? `done ${what} ${round}` : 'wait');
  }
};
