// task-lib writes debug commands to the standard output when it is loaded; here that is the report of the tests.
const { write } = process.stdout;
process.stdout.write = () => true;
await import('azure-pipelines-task-lib/task.js');
process.stdout.write = write;

export {};
