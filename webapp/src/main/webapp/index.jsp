<%@ page contentType="text/html; charset=UTF-8" session="false" trimDirectiveWhitespaces="true" %>
<%@ page import="org.firethorn.Service" %>
<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <title><%= Service.title() %></title>
</head>
<body>
  <h1><%= Service.title() %></h1>
  <p>Version <%= Service.version() %>, on <%= application.getServerInfo() %>.</p>
  <p><a href="availability">Availability</a></p>
</body>
</html>
