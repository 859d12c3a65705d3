import type { IncomingMessage } from 'node:http';

/**
 * The JSON values of a stream, one a line. Throws for a line that is not JSON or longer than the limit (in
 * characters), and when the connection breaks. The stream is closed when its reader stops, however that comes.
 */
export async function* jsonLines(stream: IncomingMessage, limit: number): AsyncGenerator<unknown, void> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > limit) throw new Error(`a line of more than ${limit} characters`);
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
}
