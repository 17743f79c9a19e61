! A Fortran program that calls a kernel: bind(C) interfaces to what it needs, no more.
module yoke
  use, intrinsic :: iso_c_binding
  implicit none

  ! yk_range of yoke/kernel.h; it is passed by value.
  type, bind(C) :: yk_range
    integer(c_int32_t) :: dims = 1, reserved = 0
    integer(c_size_t) :: offset(3) = 0
    integer(c_size_t) :: size(3) = 1
    integer(c_size_t) :: local(3) = 0
  end type

  interface
    integer(c_int) function yk_engine_open(engine, opts, diag) bind(C)
      import :: c_int, c_ptr
      type(c_ptr), intent(out) :: engine
      type(c_ptr), value :: opts, diag
    end function
    subroutine yk_engine_close(engine) bind(C)
      import :: c_ptr
      type(c_ptr), intent(inout) :: engine
    end subroutine
    integer(c_int) function saxpy_run(engine, range, x, y, a, n) bind(C)
      import :: c_int, c_ptr, c_float, c_int64_t, yk_range
      type(c_ptr), value :: engine
      type(yk_range), value :: range
      real(c_float), intent(in) :: x(*)
      real(c_float), intent(inout) :: y(*)
      real(c_float), value :: a
      integer(c_int64_t), value :: n
    end function
  end interface
end module

program consumer
  use yoke
  implicit none
  integer, parameter :: n = 100003
  real(c_float), allocatable :: x(:), y(:)
  type(c_ptr) :: engine
  type(yk_range) :: range
  integer :: i, wrong

  if (yk_engine_open(engine, c_null_ptr, c_null_ptr) /= 0) stop 1
  x = [(real(mod(i, 1000)), i = 1, n)]
  y = [(1.0, i = 1, n)]
  range%size(1) = n
  if (saxpy_run(engine, range, x, y, 2.0, int(n, c_int64_t)) /= 0) stop 2
  wrong = count(y /= 2 * x + 1)
  print '(i0, a)', wrong, ' wrong'
  call yk_engine_close(engine)
  if (wrong > 0) stop 3
end program
