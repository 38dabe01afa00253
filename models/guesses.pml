/* Guesses are counted before they are answered, and have an end (promise 3).

   An account with two devices that can be guessed: 0 is active, 1 may be pending, active or gone. Two requests at a time,
   any number after one another, give values for either, wrong ones and right ones, by whichever tokens: no token matters
   to what holds guesses up. Time passes, and everything is done that must not buy anybody more guesses. Beside it is kept
   what had been told if every request had been alone. */

#include "store.pml"

#define WRONG_COMPARED 1     /* serial */
#define RIGHT_COMPARED 2     /* serial */
#define SUM_OF_ALL 3         /* serial */
#define CLEARS_ITS_OWN 4     /* serial */
#define WAITS_BLIND 5        /* serial */
#define CARRIED 6            /* serial */
#define CARRIED_BY_PURGE 7   /* serial */
#define CARRIED_BY_REMOVAL 8 /* serial */
#define SPARES_THE_ACTIVE 9  /* serial */
#define DISPATCH_ASIDE 10    /* serial */
#define END 11               /* end */
#define FORGOTTEN_COUNTS 12  /* end */
#define STORED_FIRST 13      /* counted */

#define TRYOUTS 2            /* VERIFICATION_THROTTLE_TRYOUTS */
#define MOST 3               /* MAX_FAILURES */

#define ACTIVE 0
#define PENDING 1
#define GONE 2

byte count;                  /* of device 0: wrong values in a row; 1 may be guessed at for ever */
byte recent[2], gone;        /* those that make the user wait, and those at devices that are no more */
bit lapsed = 1;              /* the wait that the last wrong value has earned is over */
byte second;                 /* what device 1 is */
byte waited = 255;           /* bit p: a wait has passed since request p was judged */

/* What is watched: what was told */
byte wrongs[2], wrongs_gone;
byte row;                    /* wrong values in a row for device 0 */
bit quiet = 1;               /* a wait has passed since the last */
bit early, uncounted;

#define add(n, more) n = (n + more < TRYOUTS -> n + more : TRYOUTS)
#define waits(d) ((kept(SUM_OF_ALL) -> recent[0] + recent[1] + gone : recent[d]) >= TRYOUTS && !lapsed)

/* What was read matters where it is not compared; else it is what is there. */
#define seen_or(value) (kept(WRONG_COMPARED) -> value : seen)
#define seen_recent_or(value) (kept(WRONG_COMPARED) -> value : seen_recent)

inline tell(p) {
    printf("- request %d has its value for device %d looked at, right: %d\n", p, d, right);
    early = early || (wrongs[0] + wrongs[1] + wrongs_gone >= TRYOUTS && !quiet);
    if
    :: right -> wrongs[d] = 0;
        if
        :: d == 1 && second == PENDING -> wrongs_gone = 0
        :: else
        fi
    :: !right -> add(wrongs[d], 1); quiet = (waited >> p) & 1
    fi;
    row = (d == 0 -> (right -> 0 : (row <= MOST -> row + 1 : row)) : row)
}

proctype person(byte p) {
    byte d, seen, seen_recent;
    bit right, told;
    do
    :: atomic {
            reads(p);
            waited = waited & ~(1 << p);
            if
            :: d = 0
            :: second != GONE -> d = 1
            fi;
            if
            :: right = 0
            :: right = 1
            fi;
            if
            :: !kept(WRONG_COMPARED) -> seen = count; seen_recent = recent[d]
            :: else
            fi;
            printf("- request %d reads\n", p);
            if
            :: (d == 0 && count >= MOST && kept(END)) || (waits(d) && (!right || kept(WAITS_BLIND))) ->
                goto next  /* 409 or 429: not looked at */
            :: else
            fi;
            if
            :: !kept(STORED_FIRST) -> tell(p); told = 1
            :: else
            fi
        };
        if
        :: d_step { told -> uncounted = 1; printf("- request %d is rolled back\n", p) }
        :: !told  /* dies, or is told to wait */
        :: d_step { !right && (unmoved(p) || !kept(WRONG_COMPARED)) ->
                if
                :: d == 0 || second != GONE ->
                    count = seen_or(count) + (d == 0 && count <= MOST);
                    recent[d] = seen_recent_or(recent[d]);
                    add(recent[d], 1);
                    lapsed = (waited >> p) & 1
                :: else
                fi;
                moves;
                if
                :: !told -> tell(p)
                :: else
                fi }
        :: d_step { right && (unmoved(p) || !kept(RIGHT_COMPARED)) ->
                if
                :: !told -> tell(p)
                :: else
                fi;
                count = (d == 0 -> 0 : count);
                recent[d] = 0;
                if
                :: d == 1 && second == PENDING ->
                    second = ACTIVE; gone = 0;
                    recent[0] = (kept(SPARES_THE_ACTIVE) -> recent[0] : 0)
                :: else
                fi;
                if
                :: !kept(CLEARS_ITS_OWN) -> recent[0] = 0; recent[1] = 0; gone = 0
                :: else
                fi;
                moves }
        fi;
next:
        atomic { d = 0; right = 0; told = 0; seen = 0; seen_recent = 0; forgets(p); waited = waited | (1 << p) }
    od
}

inline device_goes(carried) {
    if
    :: carried -> add(gone, recent[1])
    :: else
    fi;
    recent[1] = 0;
    add(wrongs_gone, wrongs[1]);
    wrongs[1] = 0;
    moves
}

/* What is compared and set as well, and could not be told from a request that was alone, is one step. */
proctype rest() {
    do
    :: d_step { printf("- a wait passes\n"); lapsed = 1; quiet = 1; waited = 255 }
    :: d_step { printf("- FAILURE_MEMORY passes\n"); lapsed = 1; quiet = 1; waited = 255;
            recent[0] = 0; recent[1] = 0; gone = 0; wrongs[0] = 0; wrongs[1] = 0; wrongs_gone = 0;
            count = (kept(FORGOTTEN_COUNTS) -> count : 0) }
    :: d_step { second != ACTIVE -> printf("- device 1 is registered anew\n");
            device_goes(kept(CARRIED)); second = PENDING }
    :: d_step { second == PENDING -> printf("- device 1 is over, and purged\n");
            device_goes(kept(CARRIED_BY_PURGE)); second = GONE }
    :: d_step { second == ACTIVE -> printf("- device 1 is removed\n");
            device_goes(kept(CARRIED_BY_REMOVAL)); second = GONE }
    :: d_step { printf("- a code is sent\n"); recent[0] = (kept(DISPATCH_ASIDE) -> recent[0] : 0); moves }
    od
}

init { atomic { begin(); run person(0); run person(1); run rest() } }

ltl serial { [] !early }
ltl end { [] (row <= MOST) }
ltl counted { [] !uncounted }
