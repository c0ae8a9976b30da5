//! Work that comes while the same kind of work is under way waits and is then done together: the busier it is, the more is
//! done at once, and nothing ever waits for company.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// Items that wait, by key. A key of which nothing waits and nothing is under way has no entry.
#[derive(Debug)]
pub struct Lanes<K, T> {
    most: usize,
    queues: Mutex<HashMap<K, Queue<T>>>,
}

/// A question and who waits for its answer.
#[derive(Debug)]
pub struct Waiter<Q, A> {
    /// What is asked.
    pub question: Q,
    /// Where the answer goes.
    pub answer: oneshot::Sender<A>,
}

#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<T>,
    open: usize,
}

impl<K: Eq + Hash + Copy, Q, A> Lanes<K, Waiter<Q, A>> {
    /// Asks and waits for the answer; `None` if whoever worked on it died. `task` works for the key until nothing waits any
    /// more: [`Lanes::next`]. It must not die of one question, or its lane never opens again.
    pub async fn ask<F>(&self, key: K, question: Q, task: impl FnOnce() -> F) -> Option<A>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.queue(key, Waiter { question, answer }, task);
        answered.await.ok()
    }

    /// Lets somebody wait who has an answer to come. `task` as in [`ask`](Self::ask).
    pub fn queue<F>(&self, key: K, waiter: Waiter<Q, A>, task: impl FnOnce() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.add(key, waiter) {
            tokio::spawn(task());
        }
    }
}

impl<K: Eq + Hash + Copy, T> Lanes<K, T> {
    /// At most so many tasks work for a key at once.
    pub fn new(most: usize) -> Self {
        Self { most, queues: Mutex::default() }
    }

    /// Queues an item; true if the key needs one more task.
    #[must_use]
    fn add(&self, key: K, item: T) -> bool {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(key).or_insert_with(|| Queue { waiting: VecDeque::new(), open: 0 });
        queue.waiting.push_back(item);
        let opens = queue.open < self.most;
        queue.open += usize::from(opens);
        opens
    }

    /// Puts items back in front of all others. Only for a task that works for the key: it meets them next.
    pub fn put_back(&self, key: K, items: Vec<T>) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&key) {
            items.into_iter().rev().for_each(|item| queue.waiting.push_front(item));
        }
    }

    /// Takes everything that waits for the key.
    pub fn drain(&self, key: K) -> Vec<T> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.get_mut(&key).map(|queue| queue.waiting.drain(..).collect()).unwrap_or_default()
    }

    /// What a task does next, `None` when nothing waits any more: the task then ends. `take` moves at least one item out of a
    /// queue that has any, or empties it.
    pub fn next(&self, key: K, take: impl Fn(&mut VecDeque<T>) -> Vec<T>) -> Option<Vec<T>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get_mut(&key)?;
        let items = take(&mut queue.waiting);
        if !items.is_empty() {
            return Some(items);
        }
        queue.open -= 1;
        if queue.open == 0 {
            queues.remove(&key);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_during_work_is_done_together_and_nothing_stays_behind() {
        let lanes: Lanes<u8, u8> = Lanes::new(1);
        let all = |waiting: &mut VecDeque<u8>| waiting.drain(..).collect();
        assert!(lanes.add(7, 1));
        assert_eq!(lanes.next(7, all), Some(vec![1]));
        assert!(!lanes.add(7, 2) && !lanes.add(7, 3), "the task that is open meets them");
        assert!(lanes.add(8, 1), "another key has its own");
        assert_eq!(lanes.next(7, all), Some(vec![2, 3]));
        lanes.put_back(7, vec![2, 3]);
        assert!(!lanes.add(7, 4));
        assert_eq!(lanes.next(7, all), Some(vec![2, 3, 4]));
        assert_eq!((lanes.next(7, all), lanes.next(8, all), lanes.next(8, all)), (None, Some(vec![1]), None));
        assert!(lanes.queues.lock().unwrap().is_empty());
        assert!(lanes.add(7, 5), "a closed lane opens again");
    }

    #[test]
    fn as_many_tasks_as_there_are_lanes() {
        let lanes: Lanes<u8, u8> = Lanes::new(2);
        assert_eq!([1, 2, 3].map(|item| lanes.add(7, item)), [true, true, false]);
        let one = |waiting: &mut VecDeque<u8>| waiting.pop_front().into_iter().collect();
        assert_eq!([lanes.next(7, one), lanes.next(7, one)], [Some(vec![1]), Some(vec![2])]);
        assert_eq!([lanes.next(7, one), lanes.next(7, one)], [Some(vec![3]), None]);
        assert!(lanes.add(7, 4), "one lane is still open, one more opens");
    }
}
