import { compose } from './machine.ts';

const { machine, text } = compose();
machine.start();
const outcome = await machine.finished;
machine.destroy();
console.log(text() + JSON.stringify(outcome));
