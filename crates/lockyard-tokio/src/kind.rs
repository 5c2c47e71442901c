//! The one list of what is waited for or held: each kind, what reports call it, and what ends a wait for it.

/// What ends a wait.
#[cfg(feature = "track")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Its holders, by unlocking it.
    Lock,
    /// Permits that come back.
    Permits,
    /// Something that is done by one of its handles, all of which are known.
    CountedEvent,
    /// Something that is done by any task that has a reference.
    Event,
    /// It is not seen.
    Unseen,
}

macro_rules! kinds {
    ($($(#[$if:meta])? $kind:ident $words:literal $nature:ident)*) => {
        /// What is waited for or held.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$if])? $kind,)*
        }

        impl Kind {
            /// As reports name it.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $($(#[$if])? Self::$kind => $words,)*
                }
            }

            /// What ends a wait for it.
            #[cfg(feature = "track")]
            pub(crate) fn nature(self) -> Nature {
                match self {
                    $($(#[$if])? Self::$kind => Nature::$nature,)*
                }
            }
        }
    };
}

kinds! {
    Mutex "mutex" Lock
    RwLock "rwlock" Lock
    Semaphore "semaphore" Permits
    Notify "notify" Event
    MpscMessages "mpsc messages" CountedEvent
    MpscRoom "mpsc room" CountedEvent
    MpscClosed "mpsc closed" CountedEvent
    Oneshot "oneshot" CountedEvent
    OneshotClosed "oneshot closed" CountedEvent
    Watch "watch" CountedEvent
    WatchClosed "watch closed" CountedEvent
    WatchValue "watch value" Lock
    Broadcast "broadcast" CountedEvent
    BroadcastClosed "broadcast closed" CountedEvent
    OnceCell "once cell" Lock
    SetOnce "set once" Event
    Barrier "barrier" Unseen
    JoinSet "join set" CountedEvent
    StdMutex "std mutex" Lock
    StdRwLock "std rwlock" Lock
    #[cfg(feature = "parking_lot_locks")]
    ParkingLotMutex "parking_lot mutex" Lock
    #[cfg(feature = "parking_lot_locks")]
    ParkingLotRwLock "parking_lot rwlock" Lock
    #[cfg(feature = "track")]
    Timer "timer" Unseen
}
