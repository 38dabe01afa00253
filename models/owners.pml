/* No owner is shut out for ever by somebody who knows the password, and every request is answered.

   A stranger does all that a password lets him do, as fast as he likes: he guesses, has codes sent and options made, and
   gives wrong keys and recovery codes. The owner gives right values: of a security key or a recovery code in one history,
   of an app in another. In a third he is asleep, and in a fourth others of his clients change the account all the time.

   Two things are assumed: whoever can take a step for good takes one some time (weak fairness), and no wait passes while
   two requests are answered, one after the other. */

#include "store.pml"

#define TRIED_AGAIN 1        /* let_in */
#define OPTIONS_ASIDE 2      /* let_in */
#define WRONG_KEYS_ASIDE 3   /* let_in */
#define SENDS_LIMITED 4      /* let_in */
#define KEYS_NEVER_END 5     /* let_in */
#define END 6                /* app_in */
#define KEYS_NEVER_WAIT 7    /* at_once */
#define WAITS_LIFT 8         /* lifted */
#define TRIES_END 9          /* answered */

#define TRYOUTS 2            /* VERIFICATION_THROTTLE_TRYOUTS */
#define MOST 4               /* MAX_FAILURES */
#define SENDS 4              /* changes that codes bring about at one moment: one is sent, fails, is sent again, fails */
#define TRIES 4              /* MOST_ATTEMPTS; those of two requests are more than TRYOUTS and SENDS together */

mtype = { KEY, APP, ASLEEP, CROWD };

mtype owner;
byte count;                  /* of the app: wrong values in a row */
byte recent;                 /* those that make the user wait */
bit lapsed = 1;              /* the wait that the last one has earned is over */
byte free = SENDS;           /* so much may come of codes yet */
bit asked;                   /* a request of the owner's is being answered, */
bit again;                   /* or is about to be made for the second time */

/* What is watched */
bit in, held_up;

#define waits (recent == TRYOUTS && !lapsed)
#define disabled (count == MOST && kept(END))
#define is_patient (owner == APP && (waits || disabled))
#define is_looked_at (owner == APP && !waits && !disabled || owner != APP && \
    (!waits || kept(KEYS_NEVER_WAIT)) && (count < MOST || kept(KEYS_NEVER_END)))

proctype person(byte p) {
    byte tries;
    owner != ASLEEP;
    do
    :: d_step { is_patient && again -> again = 0 }
    :: d_step { !in && !is_patient -> asked = 1 };
        do
        :: d_step { is_looked_at -> reads(p); printf("- the owner's request reads\n") };
            if
            :: d_step { unmoved(p) -> printf("- the owner is in\n"); in = (owner != CROWD); again = 0; moves }; break
            :: d_step { !unmoved(p) -> tries = (tries < TRIES -> tries + 1 : tries) };
                if
                :: (tries == TRIES && kept(TRIES_END)) || !kept(TRIED_AGAIN) -> again = !again; break  /* 429 */
                :: else
                fi
            fi
        :: d_step { !is_looked_at -> printf("- the owner's value is not looked at\n");
                held_up = held_up || (owner == KEY && waits); again = 0 };
            break  /* 429 or 409 */
        od;
        atomic { asked = 0; tries = 0; forgets(p) }
    od
}

proctype stranger() {
    do
    :: d_step { !waits && !disabled -> printf("- the stranger guesses\n");
            count = (count < MOST -> count + 1 : count);
            recent = (recent < TRYOUTS -> recent + 1 : recent);
            lapsed = 0; moves }
    :: d_step { !waits && (free > 0 || !kept(SENDS_LIMITED)) -> printf("- the stranger has a code sent\n");
            free = (free > 0 -> free - 1 : 0); moves }
    :: d_step { printf("- the stranger has options made\n"); moved = (kept(OPTIONS_ASIDE) -> moved : 255) }
    :: d_step { printf("- the stranger gives a wrong recovery code\n"); moved = (kept(WRONG_KEYS_ASIDE) -> moved : 255) }
    od
}

proctype crowd() {
    owner == CROWD;
    do
    :: d_step { printf("- another client of the owner's has something stored\n"); moves }
    od
}

proctype time() {
    do
    :: d_step { !asked && !again && (!lapsed || free < SENDS) -> printf("- a wait passes\n");
            lapsed = lapsed || kept(WAITS_LIFT); free = SENDS }
    :: d_step { !asked && !again && recent > 0 -> printf("- FAILURE_MEMORY passes\n");
            recent = (kept(WAITS_LIFT) -> 0 : recent); free = SENDS }
    od
}

init {
    atomic {
        begin();
        if
        :: owner = KEY
        :: owner = APP
        :: owner = ASLEEP
        :: owner = CROWD
        fi;
        run person(0); run stranger(); run crowd(); run time()
    }
}

ltl let_in { [] (owner == KEY -> <> in) }
ltl app_in { [] (owner == APP -> <> (in || disabled)) }
ltl at_once { [] !held_up }
ltl lifted { [] (owner == ASLEEP && waits -> <> !waits) }
ltl answered { [] (asked -> <> !asked) }
