use std::sync::mpsc;

use super::*;

fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(1))
}

#[tokio::test(start_paused = true)]
async fn a_check_that_waits_for_its_place_is_made_however_long_that_takes() {
    let (module, places) = (ModuleDigest::new("m"), places());
    let taken = places.clone().acquire_owned().await.expect("they are open");
    let refused = tokio::spawn(check_long_of(module, places.clone()));
    tokio::time::sleep(LONG_CHECK_MAX * 3).await;
    drop(taken);
    assert_eq!(refused.await.expect("it ends"), Err("it does not fit".to_owned()));
    assert!(!places.is_closed(), "no check took long");
}

async fn check_long_of(module: ModuleDigest, places: Arc<Semaphore>) -> Result<(), String> {
    check_long(&module, places, || Err("it does not fit".to_owned())).await
}

#[tokio::test]
async fn a_check_without_end_ends_the_checks_of_its_module_though_its_caller_hangs_up() {
    let (module, places) = (ModuleDigest::new("m"), places());
    let (release, held) = mpsc::channel::<()>();
    let endless = move || {
        let _ = held.recv();
        Ok(())
    };
    let caller = check_long(&module, places.clone(), endless);
    assert!(timeout(Duration::from_millis(50), caller).await.is_err(), "it is under way");
    assert_eq!(check_long_of(module.clone(), places.clone()).await, Ok(()), "the next one is let pass");
    assert!(places.is_closed());
    drop(release);
}
