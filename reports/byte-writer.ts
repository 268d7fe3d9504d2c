/** Where bytes go. Reports open nothing themselves: whoever has files hands in a way to open them. */

export interface ByteWriter {
  /** Takes the bytes over before it returns: the array is used again. */
  write(bytes: Uint8Array): void;
  close(): void;
}

/** `file` is a bare name such as `packets.csv`. */
export type OpenFile = (file: string) => ByteWriter;
