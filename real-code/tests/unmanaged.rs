//! deadpool's other pool, whose objects are put into it: two semaphores, one for objects and one for places.

use deadpool::unmanaged::{Pool, PoolError};
use real_code::{Search, check};
use tokio::task::yield_now;

#[test]
fn objects_go_round() {
    check(Search::Exhausts(800), || async {
        let pool = Pool::from(vec![1, 2]);
        let uses = |pool: Pool<u32>| async move {
            let mut object = pool.get().await.unwrap();
            yield_now().await;
            *object += 10;
        };
        let others = [tokio::spawn(uses(pool.clone())), tokio::spawn(uses(pool.clone()))];
        uses(pool.clone()).await;
        for other in others {
            other.await.unwrap();
        }
        let (one, other) = (pool.try_remove().unwrap(), pool.try_remove().unwrap());
        assert_eq!(one + other, 33);
        assert_eq!(pool.status().size, 0);
    });
}

#[test]
fn a_place_is_free_once_an_object_is_taken_out() {
    check(Search::Exhausts(3), || async {
        let pool = Pool::new(1);
        pool.add(1).await.unwrap();
        let adds = tokio::spawn({
            let pool = pool.clone();
            async move { pool.add(2).await.unwrap() }
        });
        assert_eq!(pool.remove().await.unwrap(), 1);
        adds.await.unwrap();
        assert_eq!(pool.remove().await.unwrap(), 2);
    });
}

#[test]
fn closing_ends_every_wait_and_keeps_nothing() {
    check(Search::Exhausts(70), || async {
        let pool = Pool::from(vec![1]);
        let held = pool.get().await.unwrap();
        let waits = |pool: Pool<u32>| async move { pool.get().await.map(drop) };
        let others = [tokio::spawn(waits(pool.clone())), tokio::spawn(waits(pool.clone()))];
        yield_now().await;
        drop(held);
        pool.close();
        for other in others {
            let came = other.await.unwrap();
            assert!(matches!(came, Ok(()) | Err(PoolError::Closed)), "{came:?}");
        }
        assert_eq!((pool.status().size, pool.status().available), (0, 0));
    });
}
