/* Who knows the password gets no device beside the owner's, and throws none out (promise 4).

   Token 0 is the owner's. Token 1 is a thief's: made by the password alone, or that of a remembered browser, or stolen
   when its proof was old, or proved by a code that was phished where the owner has a security key. Whoever comes first is
   another matter: where there is no device, a password is all there is. Devices are pending, two of a token at most, or
   active. Devices are moved in besides, the account is locked down or reset, and what is pending is over and purged. */

#include "store.pml"

#define REGISTERED_COMPARED 1   /* left */
#define OTHERS_DROPPED 2        /* left */
#define DROPPED_BY_IMPORT 3     /* left */
#define DROPPED_BY_LOCKDOWN 4   /* left */
#define ASKED_AGAIN 5           /* fresh */
#define CHANGE_FRESH 6          /* taken */
#define CHANGE_STRONG 7         /* taken */
#define NO_BROWSER 8            /* taken */
#define REMOVAL_FRESH 9         /* thrown_out */
#define LOCKED 10               /* shut */

#define NOTHING 0               /* what a token has proved: nothing, */
#define BROWSER 1               /* that it comes from a remembered browser, */
#define OLD 2                   /* a device, longer ago than CHANGE_MAX_AGE, */
#define CODE 3                  /* a code, just now, */
#define BEST 4                  /* or the best that the owner has, just now */

byte proof[2];
byte pending[2];                /* devices, by the token that registered them */
bit has[2];                     /* the owner, and the thief: an active device */
bit key;                        /* the owner has a security key among his */
bit locked;                     /* the account is locked down */

/* What is watched */
bit first;                      /* the thief had a device before the owner had one */
bit unproved, thrown, forced;

#define enrolled (has[0] || has[1])
#define is_fresh(t) (proof[t] == BEST || (proof[t] == CODE && !key))
#define may_change(t) (enrolled && (is_fresh(t) || (proof[t] == CODE && !kept(CHANGE_STRONG)) || \
    (proof[t] >= OLD && !kept(CHANGE_FRESH)) || (proof[t] == BROWSER && !kept(NO_BROWSER))) || \
    !enrolled && (!locked || !kept(LOCKED)))

proctype registering(byte t) {
    do
    :: d_step { may_change(t) && pending[t] < 2 -> reads(t); printf("- token %d asks to register\n", t) };
        if
        :: true
        :: d_step { pending[t] < 2 && (unmoved(t) || !kept(REGISTERED_COMPARED)) ->
                printf("- a device of token %d is pending\n", t); pending[t]++; moves }
        fi;
        forgets(t)
    od
}

/* What is compared and set as well, and could not be told from a request that was alone, is one step. */
proctype changing(byte t) {
    do
    :: d_step { pending[t] > 0 && (may_change(t) || !kept(ASKED_AGAIN)) -> printf("- token %d activates a device\n", t);
            unproved = unproved || (enrolled && !is_fresh(t));
            forced = forced || (locked && !enrolled);
            first = first || (t == 1 && !enrolled);
            has[t] = 1; pending[t]--; locked = 0; proof[t] = BEST;
            pending[1 - t] = (kept(OTHERS_DROPPED) -> 0 : pending[1 - t]);
            moves }
    :: d_step { has[t] -> printf("- token %d is verified\n", t); proof[t] = BEST; locked = 0; moves }
    :: d_step { has[0] && (may_change(t) || (proof[t] >= OLD && !kept(REMOVAL_FRESH))) ->
            printf("- token %d removes the owner's device\n", t);
            thrown = thrown || (t == 1 && !first);
            has[0] = 0; key = 0; proof[0] = NOTHING; proof[1] = (has[1] -> proof[1] : NOTHING); moves }
    :: d_step { proof[t] >= CODE -> printf("- CHANGE_MAX_AGE passes for token %d\n", t); proof[t] = OLD }
    :: d_step { pending[t] > 0 -> printf("- a device of token %d is over, and purged\n", t); pending[t]--; moves }
    od
}

proctype operator() {
    do
    :: d_step { printf("- the owner's device is moved in\n"); has[0] = 1; moves;
            if
            :: kept(DROPPED_BY_IMPORT) -> pending[0] = 0; pending[1] = 0
            :: else
            fi }
    :: d_step { printf("- the account is locked down\n"); locked = 1; proof[0] = NOTHING; proof[1] = NOTHING; moves;
            if
            :: kept(DROPPED_BY_LOCKDOWN) -> pending[0] = 0; pending[1] = 0
            :: else
            fi }
    :: d_step { printf("- the account is reset\n"); has[0] = 0; has[1] = 0; key = 0; first = 0; moves;
            proof[0] = NOTHING; proof[1] = NOTHING }
    od
}

init {
    atomic {
        begin();
        if
        :: true
        :: has[0] = 1; proof[1] = BROWSER
        :: has[0] = 1; proof[1] = OLD
        :: has[0] = 1; proof[1] = CODE; key = 1
        fi;
        run registering(0); run registering(1); run changing(0); run changing(1); run operator()
    }
}

ltl taken { [] (!has[1] || first) }
ltl thrown_out { [] !thrown }
ltl fresh { [] !unproved }
ltl left { [] ((!has[0] || first || pending[1] == 0) && (!locked || pending[0] + pending[1] == 0)) }
ltl shut { [] !forced }
