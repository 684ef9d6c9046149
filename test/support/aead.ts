/**
 * AEADs that are looked over the shoulder when they open a record.
 */

import { type AeadKey, type CryptoProvider, noble } from 'reprise-tls';

/** The default provider, with each key's `open` as `around` makes it of the one that there is. */
export function openingRecords(around: (open: AeadKey['open']) => AeadKey['open']): CryptoProvider {
  const watched = (key: AeadKey): AeadKey => ({
    seal: (...args) => key.seal(...args),
    open: around((...args) => key.open(...args)),
    destroy: () => key.destroy(),
  });
  return { ...noble, aead: (aead) => ({ ...aead, create: (bytes) => watched(aead.create(bytes)) }) };
}
