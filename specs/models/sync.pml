/* Policies among members (specs/policy.md, "Which follows which"; specs/node.md, "Between members"), with
 * restarts anywhere. Original model.
 *
 * Operators : sign policies 1..LAST, and a second history from number 2 on: a fork, which honest operators
 *             never make. Both count as signed.
 * Network   : any signed policy reaches any member at any time, again and again: from operators, from
 *             members, from whoever recorded it.
 * Members   : 0 and 1 begin with number 1. Member 2 joins late, with what a granter has in force, and is
 *             filled up from there downwards, for others that lag.
 * Applying  : it follows by number and by link; it is on disk with its leaf; then it is in force; then the
 *             member says so. A crash falls between any two of these; a start goes by the newest on disk.
 *
 * P1  what a member once said is in force is never taken back, by a later policy, a filled-up one or a
 *     restart.
 * P2  what a member holds is one history: each links to the one below it.
 */
#define LAST 4
#define NONE 2                          /* of no branch: number 1 is in both histories */

hidden byte Prop1, Prop2;               /* always 0: they name the property in the report */
byte force[3]; byte br[3];              /* in memory: number and branch; 0: down, or not a member */
byte disk[3]; byte dbr[3];              /* the newest on disk */
byte said[3]; byte sbr[3];
byte old[3]; byte obr[3];               /* the oldest from which on it has all, and the branch of that one */

#define BRANCH(n,b) ((n)==1 -> NONE : (b))
#define LINKS(n,b,m,c) ((n)==1 || (b)==(c))          /* is (n,b) below (m,c), m = n+1? */

#ifdef NO_NUMBER                        /* an older one takes the place of a newer */
#define FOLLOWS(n,b,m) ((n)<=force[m] || ((n)==force[m]+1 && LINKS(force[m],br[m],n,b)))
#elif defined(GAP)                      /* any later one */
#define FOLLOWS(n,b,m) ((n)>force[m])
#elif defined(NO_LINK)                  /* the next number, of whichever history */
#define FOLLOWS(n,b,m) ((n)==force[m]+1)
#else
#define FOLLOWS(n,b,m) ((n)==force[m]+1 && LINKS(force[m],br[m],n,b))
#endif

inline say(m) {
  assert(Prop1 || (force[m]>=said[m] && (said[m]<2 || br[m]==sbr[m])));
  said[m]=force[m]; sbr[m]=br[m]
}

proctype Member(byte m) {
  byte n, b, wn, wb;                    /* wn: written and not yet in force */
end:
  do
  :: atomic { force[m]>0 && wn==0 ->    /* a signed policy comes */
    n=1; do :: n<LAST -> n++ :: break od; if :: b=0 :: b=1 fi; b=BRANCH(n,b);
    if :: FOLLOWS(n,b,m) ->
          assert(Prop2 || n<=force[m] || LINKS(force[m],br[m],n,b));
          assert(Prop2 || n<=force[m] || n==force[m]+1);
          wn=n; wb=b;
#ifdef SWAP_FIRST
          force[m]=n; br[m]=b; say(m)
#else
          disk[m]=n; dbr[m]=b
#endif
       :: else -> skip
    fi; n=0; b=0 }
  :: atomic { wn>0 ->                   /* the disk has answered */
#ifdef SWAP_FIRST
    disk[m]=wn; dbr[m]=wb;
#else
    force[m]=wn; br[m]=wb; say(m);
#endif
    wn=0; wb=0 }
  :: atomic { force[m]>0 -> force[m]=0; br[m]=0; wn=0; wb=0 }                         /* a crash */
  :: atomic { force[m]==0 && disk[m]>0 ->                                              /* a start */
    force[m]=disk[m]; br[m]=dbr[m];
    assert(Prop1 || (force[m]>=said[m] && (said[m]<2 || br[m]==sbr[m]))) }
  :: atomic { m==2 && disk[2]==0 ->                                                    /* born */
    if :: n=0 :: n=1 fi;
    if :: force[n]>0 -> disk[2]=force[n]; dbr[2]=br[n]; force[2]=force[n]; br[2]=br[n];
          old[2]=force[n]; obr[2]=br[n]; say(2)
       :: else -> skip
    fi; n=0 }
  :: atomic { force[m]>0 && old[m]>1 && wn==0 ->                                       /* filled up */
    if :: b=0 :: b=1 fi; n=old[m]-1; b=BRANCH(n,b);
#ifndef FILL_ANY
    if :: LINKS(n,b,old[m],obr[m]) ->
#else
    if :: 1 ->
#endif
          assert(Prop2 || LINKS(n,b,old[m],obr[m]));
          old[m]=n; obr[m]=b;
#ifdef FILL_COUNTS
          force[m]=n; br[m]=b; say(m);
#endif
#ifdef SANITY
          assert(!(n==1 && force[0]==LAST && force[1]==LAST && br[0]!=br[1] && force[2]==LAST));
#endif
          skip
       :: else -> skip
    fi; n=0; b=0 }
  od
}

init { atomic { force[0]=1; force[1]=1; disk[0]=1; disk[1]=1; said[0]=1; said[1]=1; old[0]=1; old[1]=1;
  br[0]=NONE; br[1]=NONE; dbr[0]=NONE; dbr[1]=NONE; sbr[0]=NONE; sbr[1]=NONE; obr[0]=NONE; obr[1]=NONE;
  run Member(0); run Member(1); run Member(2) } }
