/**
 * Where the rig's pods really listen. The API server refuses loopback addresses in a pod's status and in
 * EndpointSlices, so a pod is given one of 10.244.0.0/16 there; no interface ever carries it. Its process
 * listens on the loopback address with the same last two bytes, so every pod may use the same port.
 */
const podNetwork = '10.244';
const loopbackNetwork = '127.244';

/** How many pods have an address in one block: .1 to .254. */
export const addressesPerBlock = 254;

/** How many blocks there are: the third byte. */
export const blockCount = 256;

/** The address that the pod's process listens on: `10.244.3.7` gives `127.244.3.7`. Throws for any other network. */
export function loopbackOf(podIP: string): string {
  const [, third, fourth] = /^10\.244\.(\d{1,3})\.(\d{1,3})$/.exec(podIP) ?? [];
  if (third === undefined || fourth === undefined || Number(third) > 255 || Number(fourth) > 255) {
    throw new RangeError(`not a pod address of the rig (${podNetwork}.0.0/16): ${JSON.stringify(podIP)}`);
  }
  return `${loopbackNetwork}.${Number(third)}.${Number(fourth)}`;
}

/** Whether this is an address of the rig's pods. */
export function isPodAddress(address: string): boolean {
  return address.startsWith(`${podNetwork}.`);
}

/** The pod address number `index` (0 to 253) of a block (0 to 255). */
export function podAddress(block: number, index: number): string {
  return `${podNetwork}.${block}.${index + 1}`;
}

/** The address that stands for a whole block: no pod gets it; who listens there owns the block. */
export function blockAddress(block: number): string {
  return `${loopbackNetwork}.${block}.255`;
}
