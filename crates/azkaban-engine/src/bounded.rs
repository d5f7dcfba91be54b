//! Memory with a bound, and work that is done once however many ask for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lru::LruCache;

/// A cache that forgets what was used longest ago when the weights of its values exceed a bound. A value that is heavier
/// than the bound is not kept at all.
pub(crate) struct BoundedCache<K, V> {
    max_weight: usize,
    kept: Mutex<Kept<K, V>>,
}

struct Kept<K, V> {
    values: LruCache<K, (V, usize)>,
    weight: usize,
}

impl<K: Hash + Eq, V: Clone> BoundedCache<K, V> {
    pub(crate) fn new(max_weight: usize) -> Self {
        Self { max_weight, kept: Mutex::new(Kept { values: LruCache::unbounded(), weight: 0 }) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.kept().values.get(key).map(|(value, _)| value.clone())
    }

    pub(crate) fn insert(&self, key: K, value: V, weight: usize) {
        let mut kept = self.kept();
        if let Some((_, old)) = kept.values.push(key, (value, weight)) {
            kept.weight -= old.1;
        }
        kept.weight += weight;
        while kept.weight > self.max_weight {
            match kept.values.pop_lru() {
                Some((_, (_, weight))) => kept.weight -= weight,
                None => break,
            }
        }
    }

    pub(crate) fn remove(&self, key: &K) {
        let mut kept = self.kept();
        if let Some((_, weight)) = kept.values.pop(key) {
            kept.weight -= weight;
        }
    }
}

/// One lock per key, there as long as somebody holds it or waits for it.
pub(crate) struct KeyedLocks<K> {
    locks: Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>,
}

impl<K: Hash + Eq> KeyedLocks<K> {
    pub(crate) fn new() -> Self {
        Self { locks: Mutex::new(HashMap::new()) }
    }

    /// Waits until nobody else holds the key's lock.
    pub(crate) async fn lock(&self, key: K) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            match locks.get(&key).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    let lock = Arc::new(tokio::sync::Mutex::new(()));
                    locks.insert(key, Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_is_bounded_and_the_least_used_goes_first() {
        let cache = BoundedCache::new(10);
        cache.insert("a", 1, 4);
        cache.insert("b", 2, 4);
        assert_eq!(cache.get(&"a"), Some(1));
        cache.insert("c", 3, 4);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (Some(1), None, Some(3)));
        cache.insert("a", 9, 10);
        assert_eq!((cache.get(&"a"), cache.get(&"c")), (Some(9), None));
        cache.insert("heavy", 7, 11);
        assert_eq!(cache.get(&"heavy"), None);
        cache.insert("d", 4, 10);
        cache.remove(&"d");
        assert_eq!(cache.kept().weight, 0);
    }

    #[tokio::test]
    async fn one_key_at_a_time() {
        let locks = KeyedLocks::new();
        let held = locks.lock(1).await;
        let _other = locks.lock(2).await;
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), locks.lock(1)).await.is_err());
        drop(held);
        let _again = locks.lock(1).await;
        assert_eq!(locks.locks.lock().unwrap().len(), 2);
    }
}
