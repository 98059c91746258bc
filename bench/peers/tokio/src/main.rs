// SPDX-License-Identifier: MIT
//
// The rows of `make bench-peers` in Rust, on tokio's runtime of one thread, and on two
// of them where the row is between two threads:
//
//     peer ROW     prints "ROW NANOSECONDS" for each unit; nothing for a row that
//                  tokio does not have
//     peer serve   an echo server, which prints its port
//
// The work is done in a spawned task: block_on() polls its own future at a higher
// price.
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, Mutex, Notify, Semaphore};

// A yield that wakes itself: tokio's own looks for events of sockets before the task
// goes on, and takes longer.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn since(start: Instant, count: usize) -> f64 {
    start.elapsed().as_nanos() as f64 / count as f64
}

// So that a task needs no count of references.
fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

// Run so many tasks, and wait for them.
async fn all<F, T>(count: usize, make: F)
where
    F: Fn() -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(make())).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn yields(count: usize, times: usize) -> f64 {
    let start = Instant::now();
    all(count, || async move {
        for _ in 0..times / count {
            Yield(false).await;
        }
    })
    .await;
    since(start, times)
}

async fn spawn() -> f64 {
    let times = 500_000;
    let start = Instant::now();
    for _ in 0..times {
        tokio::spawn(async {}).await.unwrap();
    }
    since(start, times)
}

async fn alive() -> f64 {
    let count = 100_000;
    let event = forever(Notify::new());
    let start = Instant::now();
    let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(event.notified())).collect();
    Yield(false).await;
    event.notify_waiters();
    for task in tasks {
        task.await.unwrap();
    }
    since(start, count)
}

async fn lock() -> f64 {
    let times = 5_000_000;
    let mutex = forever(Mutex::new(()));
    let start = Instant::now();
    for _ in 0..times {
        drop(mutex.lock().await);
    }
    since(start, times)
}

async fn lock_contended() -> f64 {
    let times = 1_000_000;
    let mutex = forever(Mutex::new(()));
    let start = Instant::now();
    all(100, || async move {
        for _ in 0..times / 100 {
            let guard = mutex.lock().await;
            Yield(false).await;
            drop(guard);
        }
    })
    .await;
    since(start, times)
}

async fn semaphore_contended() -> f64 {
    let times = 100_000;
    let three = forever(Semaphore::new(3));
    let start = Instant::now();
    all(1000, || async move {
        for _ in 0..times / 1000 {
            let permit = three.acquire().await.unwrap();
            Yield(false).await;
            drop(permit);
        }
    })
    .await;
    since(start, times)
}

async fn queue_ping_pong() -> f64 {
    let times = 1_000_000;
    let (there, mut from_there) = mpsc::channel::<u64>(1);
    let (back, mut from_back) = mpsc::channel::<u64>(1);
    let start = Instant::now();
    let task = tokio::spawn(async move {
        while let Some(item) = from_there.recv().await {
            back.send(item).await.unwrap();
        }
    });
    for i in 0..times {
        there.send(i).await.unwrap();
        assert_eq!(from_back.recv().await, Some(i));
    }
    drop(there);
    task.await.unwrap();
    since(start, times as usize)
}

async fn queue_buffered() -> f64 {
    let times = 4_000_000;
    let (sender, mut receiver) = mpsc::channel::<u64>(1000);
    let start = Instant::now();
    let task = tokio::spawn(async move {
        for i in 0..times {
            sender.send(i).await.unwrap();
        }
    });
    for i in 0..times {
        assert_eq!(receiver.recv().await, Some(i));
    }
    task.await.unwrap();
    since(start, times as usize)
}

thread_local!(static STATE: Cell<u64> = Cell::new(88172645463325252));

fn random() -> u64 {
    STATE.with(|state| {
        let mut x = state.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        state.set(x);
        x
    })
}

// The library's heap, a mutex, and a notification for those that wait.
struct PriorityQueue {
    heap: std::sync::Mutex<BinaryHeap<Reverse<u64>>>,
    non_empty: Notify,
}

impl PriorityQueue {
    fn put(&self, item: u64) {
        self.heap.lock().unwrap().push(Reverse(item));
        self.non_empty.notify_one();
    }

    async fn get(&self) -> u64 {
        loop {
            let item = self.heap.lock().unwrap().pop();
            if let Some(Reverse(item)) = item {
                return item;
            }
            self.non_empty.notified().await;
        }
    }
}

// std::hint::black_box(), which Debian 12's compiler has not.
fn keep<T>(value: T) {
    unsafe { std::ptr::read_volatile(&std::mem::ManuallyDrop::new(value)) };
}

async fn queue_priority() -> f64 {
    let times = 1_000_000;
    let queue = PriorityQueue {
        heap: Default::default(),
        non_empty: Notify::new(),
    };
    for _ in 0..10_000 {
        queue.put(random());
    }
    let start = Instant::now();
    for _ in 0..times {
        queue.put(random());
        keep(queue.get().await);
    }
    since(start, times)
}

async fn event() -> f64 {
    let (waiters, rounds) = (10_000, 50);
    let events: &'static [Notify; 2] = forever([Notify::new(), Notify::new()]);
    let woken: &'static AtomicUsize = forever(AtomicUsize::new(0));
    let ending: &'static AtomicBool = forever(AtomicBool::new(false));
    let tasks: Vec<_> = (0..waiters)
        .map(|_| {
            tokio::spawn(async move {
                let mut round = 0;
                while !ending.load(Relaxed) {
                    events[round % 2].notified().await;
                    woken.store(woken.load(Relaxed) + 1, Relaxed);
                    round += 1;
                }
            })
        })
        .collect();
    Yield(false).await;
    let start = Instant::now();
    for round in 0..rounds {
        events[round % 2].notify_waiters();
        while woken.load(Relaxed) < (round + 1) * waiters {
            Yield(false).await;
        }
    }
    let each = since(start, waiters * rounds);
    ending.store(true, Relaxed);
    events[0].notify_waiters();
    events[1].notify_waiters();
    for task in tasks {
        task.await.unwrap();
    }
    each
}

async fn timeout() -> f64 {
    let times = 2_000_000;
    let start = Instant::now();
    for _ in 0..times {
        tokio::time::timeout(Duration::from_secs(1), async {})
            .await
            .unwrap();
    }
    since(start, times)
}

async fn timeout_yield() -> f64 {
    let times = 500_000;
    // See timers().
    let other = tokio::spawn(tokio::time::sleep(Duration::from_millis(900)));
    tokio::time::sleep(Duration::from_millis(2)).await;
    let start = Instant::now();
    all(2, || async move {
        for _ in 0..times / 2 {
            tokio::time::timeout(Duration::from_secs(1), Yield(false))
                .await
                .unwrap();
        }
    })
    .await;
    let each = since(start, times);
    other.abort();
    each
}

// A future that is ready when its function was called: std::future::poll_fn() is too new.
struct Once<F>(F);

impl<F: FnMut(&mut Context<'_>) + Unpin> Future for Once<F> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        (self.0)(context);
        Poll::Ready(())
    }
}

async fn timers() -> f64 {
    let times = 1_000_000;
    // A timer that is due before all others wakes the driver, by a system call; so one
    // that is due earlier is armed, and the driver has seen it.
    let other = tokio::spawn(tokio::time::sleep(Duration::from_millis(900)));
    tokio::time::sleep(Duration::from_millis(2)).await;
    let start = Instant::now();
    for _ in 0..times {
        // A task that has polled often is told to wait, but for this.
        let sleep = tokio::task::unconstrained(tokio::time::sleep(Duration::from_secs(1)));
        tokio::pin!(sleep);
        // The first poll arms it, and the drop cancels it.
        Once(|context: &mut Context<'_>| {
            assert!(sleep.as_mut().poll(context).is_pending());
        })
        .await;
    }
    let each = since(start, times);
    other.abort();
    each
}

// Fields of a file in /proc/self, in the units in which they are there.
fn cpu_time() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn memory() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    text.lines()
        .filter(|line| line.starts_with("VmRSS:") || line.starts_with("VmPTE:"))
        .map(|line| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0)
        .sum()
}

async fn sleepers(count: usize) -> f64 {
    let start = cpu_time();
    all(count, || async {
        tokio::time::sleep(Duration::from_nanos(random() % 1_000_000_000)).await
    })
    .await;
    (cpu_time() - start) / count as f64
}

async fn task_bytes() -> f64 {
    let count = 100_000;
    let event = forever(Notify::new());
    let before = memory();
    for _ in 0..count {
        tokio::spawn(event.notified());
    }
    Yield(false).await;
    let each = (memory() - before) / count as f64;
    event.notify_waiters();
    each
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    stream.set_nodelay(true)?;
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..n]).await?;
    }
}

async fn serve() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(echo(stream));
    }
}

async fn once(row: &str) -> Option<f64> {
    Some(match row {
        "yield_2" => yields(2, 5_000_000).await,
        "yield_1000" => yields(1000, 5_000_000).await,
        "spawn" => spawn().await,
        "alive_cold" | "alive_warm" => alive().await,
        "lock" => lock().await,
        "lock_contended" => lock_contended().await,
        "semaphore_contended" => semaphore_contended().await,
        "queue_ping_pong" => queue_ping_pong().await,
        "queue_buffered" => queue_buffered().await,
        "queue_priority" => queue_priority().await,
        "event" => event().await,
        "timeout" => timeout().await,
        "timeout_yield" => timeout_yield().await,
        "timers" => timers().await,
        "sleepers" => sleepers(100_000).await,
        "sleepers_1m" => sleepers(1_000_000).await,
        "task_bytes" => task_bytes().await,
        "serve" => serve().await,
        _ => return None,
    })
}

async fn measure(row: String) {
    let is_cold = ["alive_cold", "sleepers_1m", "task_bytes"].contains(&row.as_str());
    let mut each = once(&row).await;
    if !is_cold && each.is_some() {
        each = once(&row).await;
    }
    if let Some(each) = each {
        println!("{} {:.2}", row, each);
    }
}

// ---- between two threads ----

extern "C" {
    fn sched_getaffinity(process: i32, size: usize, set: *mut u64) -> i32;
    fn sched_setaffinity(process: i32, size: usize, set: *const u64) -> i32;
}

// Keep this thread on number `nth` of the processors that the process may use, counted
// round.
fn pin(nth: usize) {
    let (mut set, mut one) = ([0u64; 16], [0u64; 16]);
    let size = std::mem::size_of_val(&set);
    let process = std::process::id() as i32;
    assert_eq!(
        unsafe { sched_getaffinity(process, size, set.as_mut_ptr()) },
        0
    );
    let usable: Vec<usize> = (0..1024)
        .filter(|cpu| set[cpu / 64] >> (cpu % 64) & 1 != 0)
        .collect();
    let cpu = usable[nth % usable.len()];
    one[cpu / 64] = 1 << (cpu % 64);
    assert_eq!(unsafe { sched_setaffinity(0, size, one.as_ptr()) }, 0);
}

// Run a future on a runtime of one thread, in a thread of its own.
fn in_thread<F>(nth: usize, future: F) -> std::thread::JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    std::thread::spawn(move || {
        pin(nth);
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async { tokio::spawn(future).await.unwrap() });
    })
}

async fn put_all(sender: mpsc::Sender<u64>, times: u64) {
    for i in 0..times {
        sender.send(i).await.unwrap();
    }
}

async fn get_all(mut receiver: mpsc::Receiver<u64>, times: u64) {
    for i in 0..times {
        assert_eq!(receiver.recv().await, Some(i));
    }
}

fn cross_items() -> f64 {
    let times = 1_000_000;
    let (sender, receiver) = mpsc::channel::<u64>(64);
    let start = Instant::now();
    let putter = in_thread(0, put_all(sender, times));
    in_thread(1, get_all(receiver, times)).join().unwrap();
    putter.join().unwrap();
    since(start, times as usize)
}

fn cross_anywhere() -> f64 {
    let times = 1_000_000;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let (sender, receiver) = mpsc::channel::<u64>(64);
    let start = Instant::now();
    runtime.block_on(async {
        let putter = tokio::spawn(put_all(sender, times));
        tokio::spawn(get_all(receiver, times)).await.unwrap();
        putter.await.unwrap();
    });
    since(start, times as usize)
}

fn cross_ping_pong() -> f64 {
    let times = 20_000;
    let (there, mut answers) = mpsc::channel::<u64>(64);
    let (back, mut receiver) = mpsc::channel::<u64>(64);
    let start = Instant::now();
    let other = in_thread(1, async move {
        for _ in 0..times {
            back.send(answers.recv().await.unwrap()).await.unwrap();
        }
    });
    in_thread(0, async move {
        for i in 0..times {
            there.send(i).await.unwrap();
            assert_eq!(receiver.recv().await, Some(i));
        }
    })
    .join()
    .unwrap();
    other.join().unwrap();
    since(start, times as usize)
}

fn between_threads(row: &str) -> Option<fn() -> f64> {
    Some(match row {
        "cross_items" => cross_items,
        "cross_anywhere" => cross_anywhere,
        "cross_ping_pong" => cross_ping_pong,
        _ => return None,
    })
}

fn main() {
    let row = std::env::args().nth(1).expect("usage: peer ROW|serve");
    if let Some(run) = between_threads(&row) {
        run();
        println!("{} {:.2}", row, run());
        return;
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { tokio::spawn(measure(row)).await.unwrap() });
}
